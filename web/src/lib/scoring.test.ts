import { describe, expect, it } from "vitest";
import { scoringName } from "./scoring";

describe("a scoring's name", () => {
  it.each([
    ["default", ""],
    ["std:all", "all"],
    ["std:0-2-5", "0-2-5"],
    ["paper:late", "late, paper's formula"],
    ["default@within_group", "within groups"],
    ["0.5", "pruned 50\u00a0%"],
    ["int8@held_out", "rounded to int8, among the held-out examples"],
    ["default@held_out", "among the held-out examples"],
    ["std:all@shrunken@held_out", "all, shrunken, among the held-out examples"],
  ])("of %s is “%s”", (scoring, name) => expect(scoringName(scoring)).toBe(name));
});
