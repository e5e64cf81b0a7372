import { describe, expect, it } from "vitest";
import { percent } from "./format";
import { agreement, rankRange, spread, valueRange } from "./seeds";

/** No-break spaces read as spaces. */
const plain = (text: string | null) => text?.replaceAll("\u00a0", " ");
const over = { value_low: -0.5, value_high: 7.4, rank_low: 3, rank_high: 1_200 };

describe("a range over seeds", () => {
  it("is told from the lowest to the highest", () => {
    expect(valueRange(over)).toBe("−0.500 to 7.40");
    expect(valueRange({ ...over, value_low: 1.674 })).toBe("1.67–7.40");
    expect(rankRange(over)).toBe("3–1,200");
  });

  it("is said where the seeds agree, and none where none gave a score", () => {
    expect(rankRange({ ...over, rank_high: 3 })).toBe("the same");
    expect(valueRange({ ...over, value_high: -0.5 })).toBe("the same");
    expect(valueRange({ ...over, value_low: null, value_high: null })).toBeNull();
  });
});

describe("the agreement of seeds", () => {
  it("is a mean with its range where there are several pairs", () => {
    expect(plain(spread({ mean: 0.6, min: 0.5, max: 0.7 }, percent))).toBe(
      "60.0 % (50.0 %–70.0 %)",
    );
    expect(plain(spread({ mean: 0.6, min: 0.6, max: 0.6 }, percent))).toBe("60.0 %");
  });

  it("is said in one line", () => {
    const same = (value: number) => ({ mean: value, min: value, max: value });
    const stability = {
      seeds: 2,
      correlation: same(0.834),
      overlap: [{ top: "50", k: 50, share: same(0.62) }],
    };
    expect(plain(agreement(stability))).toBe(
      "Over 2 seeds · rank correlation 0.834 · 62.0 % of the first 50 in common",
    );
    expect(agreement({ ...stability, correlation: null })).toContain("no rank correlation");
  });
});
