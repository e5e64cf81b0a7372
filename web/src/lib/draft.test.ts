import { expect, it } from "vitest";
import { type Draft, FREE_SIGNALS, NEW_DRAFT, requestOf } from "./draft";

const ID = "6e1ff6a8-1111-4222-8333-444455556666";

it("leaves to the server what was not chosen", () => {
  expect(requestOf(NEW_DRAFT, ID).body).toEqual({ dataset_id: ID, seeds: 1, recipe: {} });
});

it("says what was chosen in the API's words", () => {
  const draft: Draft = {
    ...NEW_DRAFT,
    vog: false,
    seed: "7",
    archaeology: { suiteSize: "40", kept: { variant: "authors" } },
    pie: { sparsities: "0.5, 0.9", population: "3", null: "no", quantise: ["int8"], kept: {} },
    recipe: { ...NEW_DRAFT.recipe, model: "mlp", lr: "5e-2", checkpoints: "1, 4, 8" },
  };
  expect(requestOf(draft, ID).body).toEqual({
    dataset_id: ID,
    seed: 7,
    seeds: 1,
    signals: FREE_SIGNALS,
    archaeology: { variant: "authors", suite_size: 40 },
    pie: { sparsities: [0.5, 0.9], population: 3, null: false, quantise: ["int8"] },
    recipe: { model: "mlp", lr: 0.05, checkpoints: [1, 4, 8] },
  });
});

it("reads one number of checkpoints as how many", () => {
  const recipe = { ...NEW_DRAFT.recipe, checkpoints: "4" };
  expect(requestOf({ ...NEW_DRAFT, recipe }, ID).body?.recipe?.checkpoints).toBe(4);
});

it("names every field that cannot be read", () => {
  const recipe = { ...NEW_DRAFT.recipe, epochs: "ten", lr: "0,1", checkpoints: "1, two" };
  const { body, errors } = requestOf({ ...NEW_DRAFT, recipe, seed: "1.5" }, ID);
  expect(body).toBeNull();
  expect(errors?.map((error) => error.field).sort()).toEqual([
    "recipe.checkpoints",
    "recipe.epochs",
    "recipe.lr",
    "seed",
  ]);
});
