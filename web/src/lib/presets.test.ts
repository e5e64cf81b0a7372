import { expect, it } from "vitest";
import { NEW_DRAFT } from "./draft";
import { withPreset } from "./presets";

it("quick trains for fewer epochs than usual, thorough for more and with three seeds", () => {
  const quick = withPreset(NEW_DRAFT, "quick", 12);
  expect(quick.recipe).toMatchObject({ epochs: "4", checkpoints: "3" });
  expect(quick.archaeology).toBeNull();
  const thorough = withPreset(quick, "thorough", 12);
  expect(thorough.recipe).toMatchObject({ epochs: "24", checkpoints: "10" });
  expect(thorough.seeds).toBe("3");
  expect(thorough.archaeology).not.toBeNull();
});

it("standard leaves everything to the server", () => {
  expect(withPreset(withPreset(NEW_DRAFT, "thorough", 12), "standard", 12)).toEqual(NEW_DRAFT);
});

it("what the reader set besides stays", () => {
  const chosen = { ...NEW_DRAFT, recipe: { ...NEW_DRAFT.recipe, model: "resnet9" } };
  expect(withPreset(chosen, "quick", 40).recipe).toMatchObject({ model: "resnet9", epochs: "13" });
});
