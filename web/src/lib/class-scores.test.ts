import { expect, it } from "vitest";
import { hardestClasses } from "./class-scores";

const summary = (label: string, mean: number | null) => ({
  label,
  mean,
  examples: 3,
  median: mean,
  std: null,
});
const classes = [
  summary("a", 0.1),
  summary("b", null),
  summary("c", 0.9),
  summary("d", null),
  summary("e", 0.5),
];
const order = (direction: "low-harder" | "high-harder") =>
  hardestClasses({ classes, signal: { direction } })
    .map(({ label }) => label)
    .join("");

it("puts the hardest class first, in the signal's own direction, and those without a score last", () => {
  expect(order("high-harder")).toBe("ceabd");
  expect(order("low-harder")).toBe("aecbd");
});
