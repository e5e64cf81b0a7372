import { describe, expect, it } from "vitest";
import type { FlaggedInGroup, ScoreSet } from "../api/types";
import { comparedAlike, groupingsOf, whyNoneFlagged } from "./groupings";
import { DEFAULT_VIEW } from "./url";

const set = (signal: string, scoring: string) => ({ signal, scoring }) as ScoreSet;

describe("ways of comparing groups", () => {
  const scores = [
    set("label_issue", "default"),
    set("label_issue", "default@within_group"),
    set("label_issue", "default@shrunken"),
    set("vog", "std:all@shrunken@held_out"),
  ];

  it("are offered where the audit has such rankings", () => {
    expect(groupingsOf(scores, DEFAULT_VIEW)).toEqual(["global", "within_group", "shrunken"]);
    expect(groupingsOf(scores, { ...DEFAULT_VIEW, signal: "final_loss" })).toEqual(["global"]);
    expect(groupingsOf([], DEFAULT_VIEW)).toEqual(["global"]);
  });

  it("keep the one that an address names", () => {
    const view = { ...DEFAULT_VIEW, grouping: "shrunken" } as const;
    expect(groupingsOf([], view)).toEqual(["global", "shrunken"]);
  });

  it("are those of the population and the window", () => {
    const vog = { ...DEFAULT_VIEW, signal: "vog" } as const;
    expect(groupingsOf(scores, vog)).toEqual(["global"]);
    expect(groupingsOf(scores, { ...vog, population: "held_out" })).toEqual(["global", "shrunken"]);
  });

  it("stay where the next view has them too", () => {
    const view = { ...DEFAULT_VIEW, grouping: "shrunken" } as const;
    expect(comparedAlike({ ...view, signal: "vog" }).grouping).toBe("shrunken");
    expect(comparedAlike({ ...view, signal: "vog", window: "late" }).grouping).toBe("global");
    expect(comparedAlike({ ...view, signal: "aum" }).grouping).toBe("global");
  });
});

describe("what nothing is flagged of", () => {
  const none = (grouping: FlaggedInGroup["grouping"]) => ({
    grouping,
    scored: 0,
    flagged: 0,
    share: null,
  });

  it("says why", () => {
    expect(whyNoneFlagged(none("within_group"), "fr")).toBe("too small or too alike to tell");
    expect(whyNoneFlagged(none("within_group"), null)).toBe("no group to compare with");
    expect(whyNoneFlagged(none("global"), "fr")).toBe("none has a score");
  });

  it("is nothing where none of many is flagged", () => {
    expect(whyNoneFlagged({ ...none("global"), scored: 30, share: 0 }, "fr")).toBeNull();
  });
});
