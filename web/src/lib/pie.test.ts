import { describe, expect, it } from "vitest";
import type { LevelReport, RecallRow, Tested } from "../api/types";
import { figures, modelsOf, nextOrder, nullOf, orderedRecalls, reached, top1 } from "./pie";

const plain = (text: string | null) => text?.replaceAll("\u00a0", " ");
const level = (name: string, models: number) => ({ level: name, models }) as LevelReport;
const row = (name: string, normalised_change: number) => ({ name, normalised_change }) as RecallRow;

describe("the accuracy of a population", () => {
  it("has a deviation from two models up", () => {
    const one = { mean: 0.91234, min: 0.91, max: 0.92 };
    expect(plain(top1(one))).toBe("91.23 %");
    expect(plain(top1({ ...one, deviation: 0.0014 }))).toBe("91.23 ± 0.14 %");
  });
});

describe("the sparsity that was reached", () => {
  it("goes from the least pruned layer to the most", () => {
    const layer = (weights: number, zeros: number) => ({ name: "w", weights, zeros });
    expect(plain(reached([layer(1000, 500), layer(10, 4)]))).toBe("40.0 %–50.0 %");
    expect(plain(reached([layer(1000, 500), layer(10, 5)]))).toBe("50.0 %");
    expect(reached([])).toBeNull();
  });
});

describe("a table of populations", () => {
  const table = { examples: 9, levels: [level("unpruned", 5), level("null", 5), level("0.5", 4)] };

  it("knows its null population and how many models every population has", () => {
    expect(nullOf(table)?.level).toBe("null");
    expect(nullOf({ ...table, levels: [] })).toBeNull();
    expect(modelsOf(table)).toBe(4);
  });
});

describe("rows of recalls", () => {
  const rows = [row("a", 0), row("b", -0.2), row("c", 0.1), row("d", -0.2)];
  const names = (order: Parameters<typeof orderedRecalls>[1]) =>
    orderedRecalls(rows, order)
      .map(({ name }) => name)
      .join("");

  it("are ordered by their change, either end first, and as they were", () => {
    expect(["harmed", "spared", "given"].map((order) => names(order as never))).toEqual([
      "bdac",
      "cabd",
      "abcd",
    ]);
    expect(rows.map(({ name }) => name).join("")).toBe("abcd");
  });

  it("go from one order to the next and round again", () => {
    expect(nextOrder("harmed")).toBe("spared");
    expect(nextOrder("spared")).toBe("given");
    expect(nextOrder("given")).toBe("harmed");
  });
});

describe("a test", () => {
  it("is shown by its figures, or not at all", () => {
    const tested: Tested = { t: -3.214, df: 7.91, p: 0.0124, p_holm: 0.0372 };
    expect(figures(tested)).toEqual(["−3.21", "7.91", "0.0124", "0.0372"]);
    expect(figures({ ...tested, p: 0 })?.[2]).toBe("under 1.00e−15");
    expect(figures({ reason: "one model" })).toBeNull();
  });
});
