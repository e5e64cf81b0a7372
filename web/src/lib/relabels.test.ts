import { expect, test } from "vitest";
import { KEYED, keyedClasses } from "./relabels";

const suggestion = { label: "cow", probability: 0.6, runner_up: "cat", runner_up_probability: 0.2 };

test("likely classes come first, the given one not at all", () => {
  const classes = ["ant", "cat", "cow", "dog"];
  expect(keyedClasses({ label: "cat", suggestion }, classes)).toEqual(["cow", "ant", "dog"]);
  expect(keyedClasses({ label: "dog", suggestion: null }, classes)).toEqual(["ant", "cat", "cow"]);
});

test("ten thousand classes have nine keys", () => {
  const classes = Array.from({ length: 10_000 }, (_, at) => `class ${at}`);
  expect(keyedClasses({ label: "class 3", suggestion }, classes)).toHaveLength(KEYED);
});
