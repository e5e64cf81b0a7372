import { describe, expect, it } from "vitest";
import { linePath, niceCeiling, place } from "./plot";

const frame = { left: 0, right: 100, top: 0, bottom: 10 };

describe("place", () => {
  it("spreads values over the frame, zero at the bottom", () => {
    expect(place([0, 5, 10], 10, frame)).toEqual([
      { x: 0, y: 10, at: 0 },
      { x: 50, y: 5, at: 1 },
      { x: 100, y: 0, at: 2 },
    ]);
  });

  it("leaves out what is missing and clips what is too high", () => {
    expect(place([null, Number.NaN, 99], 10, frame)).toEqual([{ x: 100, y: 0, at: 2 }]);
  });

  it("puts a single value at the left", () => {
    expect(place([1], 1, frame)).toEqual([{ x: 0, y: 0, at: 0 }]);
  });
});

describe("linePath", () => {
  it("breaks where a value is missing", () => {
    expect(linePath(place([10, 10, null, 0, 0], 10, frame))).toBe("M0 0L25 0M75 10L100 10");
  });
});

describe("niceCeiling", () => {
  it.each([
    [0.3, 0.5],
    [1, 1],
    [1.01, 2],
    [7, 10],
    [2_300, 5_000],
    [0, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])("%d fits under %d", (value, ceiling) => expect(niceCeiling(value)).toBeCloseTo(ceiling, 12));
});
