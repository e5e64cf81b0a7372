import { describe, expect, test } from "vitest";
import { allEpochs, between, closer, holding, wider } from "./zoom";

describe("a part of the epochs", () => {
  test("is drawn in either direction and ends on whole epochs", () => {
    expect(between(3.4, 7.6, 20)).toEqual({ from: 3, to: 8 });
    expect(between(7.6, 3.4, 20)).toEqual({ from: 3, to: 8 });
  });

  test("is one step wide at least and stays among the epochs", () => {
    expect(between(5.1, 5.2, 20)).toEqual({ from: 5, to: 6 });
    expect(between(-4, 1.2, 20)).toEqual({ from: 1, to: 6 });
    expect(between(20, 20, 20)).toEqual({ from: 19, to: 20 });
  });

  test("is none where it is everything, also where there is but one step", () => {
    expect(between(1, 20, 20)).toBeNull();
    expect(between(0, 40, 20)).toBeNull();
    expect(closer(null, 1, 2)).toBeNull();
    expect(allEpochs(1)).toEqual({ from: 1, to: 2 });
  });
});

test("closer halves it about the epoch that is read, wider undoes that", () => {
  const half = closer(null, 20, 21);
  expect(half).toEqual({ from: 11, to: 21 });
  const quarter = closer(half, 16, 21);
  expect(quarter).toEqual({ from: 14, to: 19 });
  expect(wider(quarter, 16, 21)).toEqual({ from: 11, to: 21 });
  expect(wider(half, 20, 21)).toBeNull();
});

test("it moves no further than it takes to hold an epoch", () => {
  const span = { from: 5, to: 9 };
  expect(holding(span, 7, 20)).toBe(span);
  expect(holding(span, 10, 20)).toEqual({ from: 6, to: 10 });
  expect(holding(span, 2, 20)).toEqual({ from: 2, to: 6 });
  expect(holding(null, 2, 20)).toBeNull();
});
