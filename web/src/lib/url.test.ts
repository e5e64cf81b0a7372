import { describe, expect, it } from "vitest";
import {
  apiQuery,
  DEFAULT_VIEW,
  fileUrl,
  isCompared,
  readView,
  scoringKey,
  type View,
  writeView,
} from "./url";

const read = (query: string) => readView(new URLSearchParams(query));

describe("a view in the address", () => {
  it("is empty by default", () => {
    expect(read("")).toEqual(DEFAULT_VIEW);
    expect(writeView(DEFAULT_VIEW).toString()).toBe("");
  });

  it("comes back as it was written, whatever the names are", () => {
    const view: View = {
      signal: "vog",
      window: "0-2-5",
      variant: "paper",
      level: null,
      population: "held_out",
      grouping: "shrunken",
      order: "easiest",
      label: "a&b=c d/é",
      split: "train",
      group: "",
      subset: "ambiguous",
      share: "0.25",
      category: "rare camera",
      standing: "keep,relabel",
      within: "confidence:0.2..0.5",
      open_to: "ada",
      min: "-0.5",
      max: "2",
    };
    expect(read(writeView(view).toString())).toEqual(view);
  });

  it("forgets windows of signals that have none", () => {
    expect(read("signal=mean_loss&window=late").window).toBe("all");
    expect(writeView({ ...DEFAULT_VIEW, window: "late" }).toString()).toBe("");
  });

  it("knows a level only of disagreement", () => {
    const view: View = { ...DEFAULT_VIEW, signal: "pie", level: "0.5", subset: "pie@0.9" };
    expect(read(writeView(view).toString())).toEqual(view);
    expect(read("signal=aum&level=0.5").level).toBeNull();
    expect(writeView({ ...view, signal: "aum" }).has("level")).toBe(false);
    expect(apiQuery(view)).toEqual({ signal: "pie", level: "0.5", subset: "pie@0.9" });
    expect(apiQuery({ ...view, signal: "aum" })).not.toHaveProperty("level");
  });

  it("drops what is not a number, an order or a signal", () => {
    expect(read("min=abc&max=&order=sideways&signal=charm&variant=odd&grouping=fair")).toEqual(
      DEFAULT_VIEW,
    );
  });

  it("knows a share only of a subset", () => {
    expect(read("share=0.2")).toEqual(DEFAULT_VIEW);
    expect(writeView({ ...DEFAULT_VIEW, share: "0.2" }).toString()).toBe("");
    expect(apiQuery({ ...DEFAULT_VIEW, share: "0.2" })).toEqual({ signal: "label_issue" });
  });

  it("keeps no other parameters", () => {
    expect(writeView(read("tab=training&checkpoint=2")).toString()).toBe("");
  });
});

describe("a view for the API", () => {
  it("names the signal outright, since the API has another default", () => {
    expect(apiQuery(DEFAULT_VIEW)).toEqual({ signal: "label_issue" });
    expect(apiQuery(read("signal=vog"))).toEqual({ signal: "vog", window: "all", variant: "std" });
  });

  it("asks for the file of the same filter, without the order", () => {
    expect(fileUrl("/v1/audits/1/ranking.csv", read("label=x&order=easiest&subset=easy"))).toBe(
      "/v1/audits/1/ranking.csv?signal=label_issue&label=x&subset=easy",
    );
  });

  it("asks for the same comparison of groups and the same share in a file", () => {
    const view = read("grouping=within_group&group=fr&subset=label_issues&share=0.01");
    expect(fileUrl("/csv", view)).toBe(
      "/csv?signal=label_issue&grouping=within_group&group=fr&subset=label_issues&share=0.01",
    );
  });

  it("compares groups in some rankings alone", () => {
    const compared = (query: string) => isCompared(read(query));
    expect(["", "signal=vog", "signal=final_loss"].map(compared)).toEqual([true, true, true]);
    expect(
      ["signal=aum", "signal=vog&window=late", "signal=vog&variant=paper"].map(compared),
    ).toEqual([false, false, false]);
  });

  it("knows the key of its scores", () => {
    expect(scoringKey(read("signal=vog&window=late"))).toBe("std:late");
    expect(scoringKey(read(""))).toBe("default");
    expect(scoringKey(read("population=held_out"))).toBe("default@held_out");
    expect(scoringKey(read("signal=pie&level=int8&population=held_out"))).toBe("int8@held_out");
    expect(scoringKey(read("signal=vog&grouping=shrunken&population=held_out"))).toBe(
      "std:all@shrunken@held_out",
    );
  });
});
