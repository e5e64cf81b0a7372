import { expect, it } from "vitest";
import { bandOf, between, hasGroups } from "./strata";

it("tells an interval in whole examples that hold it", () => {
  expect(between({ low: 31.8, high: 1111.2 })).toBe("31 to 1,112");
  expect(between({ low: 0, high: 0 })).toBe("0 to 0");
});

it("tells which ranks a stratum has, and whether it is of a group", () => {
  expect(bandOf({ first_rank: 1, last_rank: 1200 })).toBe("1–1,200");
  expect(hasGroups([{ group: null }, {}])).toBe(false);
  expect(hasGroups([{ group: null }, { group: "sw" }])).toBe(true);
});
