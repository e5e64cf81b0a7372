import { expect, it } from "vitest";
import type { Audit } from "../api/types";
import { draftLike } from "./clone";
import { requestOf } from "./draft";

const RECIPE = {
  model: "cnn-s",
  init: "random",
  height: 16,
  width: 16,
  epochs: 3,
  batch_size: 32,
  lr: 0.025,
  weight_decay: 0.0005,
  checkpoints: [1, 2, 3],
  gradient_target: "given",
  augment: "crop",
  precision: "f32",
  map_height: 16,
  map_width: 16,
  split: "train",
} as const;

/** A part of an audit, as much as is copied. */
function audit(part: object): Audit {
  return {
    recipe: RECIPE,
    signals: ["label_issue", "vog"],
    seed: 4,
    seeds: 2,
    ...part,
  } as unknown as Audit;
}

function again(part: object) {
  const draft = draftLike(audit(part));
  return draft && requestOf(draft, "d").body;
}

it("asks again for what was trained, every value said", () => {
  expect(again({})).toEqual({
    dataset_id: "d",
    seed: 4,
    seeds: 2,
    recipe: {
      model: "cnn-s",
      epochs: 3,
      checkpoints: [1, 2, 3],
      batch_size: 32,
      lr: 0.025,
      weight_decay: 0.0005,
      augment: "crop",
      precision: "f32",
      sweep_precision: "f32",
      image_size: 16,
      split: "train",
      gradient_target: "given",
    },
  });
});

it("leaves the size of inputs that are no squares to the server, which chose it", () => {
  expect(again({ recipe: { ...RECIPE, width: 24 } })?.recipe?.image_size).toBeUndefined();
});

it("keeps what the form does not show", () => {
  const pie = {
    sparsities: [0.5],
    population: 4,
    population_min: 3,
    quantise: ["fp16"],
    null: false,
    begin: 0.1,
    end: 0.3,
    frequency: 0.02,
  };
  expect(again({ pie })?.pie).toEqual(pie);
  const archaeology = { variant: "authors", neighbours: 20, suite_size: 50, suites: ["typical"] };
  expect(again({ archaeology: { ...archaeology, custom: [] } })?.archaeology).toMatchObject(
    archaeology,
  );
});

it("has nothing to copy from an external run", () => {
  expect(draftLike(audit({ recipe: null }))).toBeNull();
});
