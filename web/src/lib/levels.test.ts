import { describe, expect, it } from "vitest";
import type { Pie } from "../api/types";
import { comparedLevels, exemplarsOf, levelTitle, memberTitle } from "./levels";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const pie = { sparsities: [0.5, 0.125], quantise: ["int8", "fp16"], null: true } as Pie;

describe("a level", () => {
  it.each([
    ["unpruned", "Unpruned"],
    ["null", "Unpruned again (null)"],
    ["0.5", "Pruned 50 %"],
    ["0.125", "Pruned 12.5 %"],
    ["int8", "Rounded to int8"],
  ])("%s is called “%s”", (level, title) => expect(plain(levelTitle(level))).toBe(title));

  it("has a subset of its exemplars", () => {
    expect(["0.5", "null", "int8", "fp16"].map(exemplarsOf)).toEqual([
      "pie@0.5",
      "pie@null",
      "cie_int8",
      "cie_fp16",
    ]);
  });

  it("is compared with the unpruned one where it was asked for, chance last", () => {
    expect(comparedLevels(pie)).toEqual(["0.5", "0.125", "int8", "fp16", "null"]);
    expect(comparedLevels({ ...pie, quantise: [], null: false })).toEqual(["0.5", "0.125"]);
    expect(comparedLevels(null)).toEqual([]);
  });

  it("has models that are counted from 1", () => {
    expect(plain(memberTitle({ level: "0.9", number: 0 }))).toBe("Pruned 90 %, model 1");
  });
});
