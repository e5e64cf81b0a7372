import { expect, test } from "vitest";
import { standingWords } from "./standings";

test("a standing is a shape and a word", () => {
  expect(standingWords({ standing: "keep", label: null, reviewers: 2 })).toBe("✓ kept");
  expect(standingWords({ standing: "relabel", label: "cat", reviewers: 1 })).toBe("→ cat");
  expect(standingWords({ standing: "conflict", label: null, reviewers: 2 })).toBe(
    "⇄ conflict of 2",
  );
});
