import { describe, expect, it } from "vitest";
import { budgetView, estimated, finding } from "./budgets";
import { DEFAULT_VIEW } from "./url";

const budget = { top: "50", k: 50, estimated_wrong: 36.72, estimated_share: 0.7344 };

describe("a review budget", () => {
  it("says what it is estimated to find", () => {
    expect(finding(budget).replaceAll("\u00a0", " ")).toBe(
      "an estimated 36.7 (73.4 %) of the first 50 labels are wrong; optimistic where they follow a pattern",
    );
    expect([0, 0.04, 99.9, 99.96, 1234.5].map(estimated)).toEqual([
      "0.0",
      "0.0",
      "99.9",
      "100",
      "1,235",
    ]);
  });

  it("says why there is no estimate", () => {
    const none = { ...budget, estimated_wrong: null, estimated_share: null };
    expect(finding({ ...none, reason: "the late epochs doubt no label" })).toBe(
      "no estimate; the late epochs doubt no label",
    );
  });

  it("shows exactly so many examples by the share that the API rounds up", () => {
    for (const scored of [51, 201, 60_000])
      for (const k of [1, 7, 50]) {
        const share = Number(budgetView({ ...budget, k }, scored, DEFAULT_VIEW)?.share);
        expect(Math.ceil(share * scored - 1e-9)).toBe(k);
      }
  });

  it("keeps the population and drops other filters", () => {
    const view = { ...DEFAULT_VIEW, population: "held_out", label: "cat", min: "0.5" } as const;
    expect(budgetView(budget, 100, view)).toEqual({
      ...DEFAULT_VIEW,
      population: "held_out",
      subset: "label_issues",
      share: "0.5",
    });
  });

  it("has no view where there is nothing to show or the subset is of another ranking", () => {
    expect(budgetView({ ...budget, k: 0 }, 100, DEFAULT_VIEW)).toBeNull();
    expect(budgetView(budget, 100, { ...DEFAULT_VIEW, grouping: "shrunken" })).toBeNull();
  });
});
