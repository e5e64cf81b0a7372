import { expect, it } from "vitest";
import { anyBelow, errorAt, isPlaced } from "./field-errors";

const errors = [
  { field: "recipe.epochs", detail: "must be 1 to 10000" },
  { field: "pie.sparsities[1]", detail: "must be below 1" },
];
const problem = { type: "", code: "invalid", status: 422, title: "", detail: "", errors };

it("finds what is wrong with a field and with an element of it", () => {
  expect(errorAt(errors, "recipe.epochs")).toBe("must be 1 to 10000");
  expect(errorAt(errors, "pie.sparsities")).toBe("must be below 1");
  expect(errorAt(errors, "recipe.epoch")).toBeNull();
});

it("knows which part an error is in", () => {
  expect(anyBelow(errors, "recipe")).toBe(true);
  expect(anyBelow(errors, "archaeology")).toBe(false);
});

it("tells a problem that has its place from one that would go unseen", () => {
  expect(isPlaced(problem, ["recipe.epochs", "pie.sparsities"])).toBe(true);
  expect(isPlaced(problem, ["recipe.epochs"])).toBe(false);
  expect(isPlaced({ ...problem, errors: [] }, ["recipe.epochs"])).toBe(false);
});
