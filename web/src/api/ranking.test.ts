import { beforeEach, describe, expect, it, vi } from "vitest";
import { DEFAULT_VIEW, type View } from "../lib/url";
import { api } from "./client";
import { Ranking } from "./ranking";

const EXAMPLES = 150;

/** A server with 150 examples whose index is ten times their rank; pages by rank as ours does. */
function answer(_path: unknown, init: { params: { query: Record<string, string> } }) {
  const { order, after, limit } = init.params.query;
  const ranks = Array.from({ length: EXAMPLES }, (_, at) => at + 1);
  const ordered = order === "easiest" ? ranks.reverse() : ranks;
  const from = after === undefined ? 0 : ordered.indexOf(Number(after)) + 1;
  const page = ordered.slice(from, from + Number(limit));
  const last = page.at(-1);
  const data = {
    signal: { name: "final_loss" },
    total: EXAMPLES,
    matching: EXAMPLES,
    items: page.map((rank) => ({ rank, index: rank * 10, standing: { standing: "undecided" } })),
    next: last === undefined || last === ordered.at(-1) ? null : String(last),
  };
  return Promise.resolve({ data, response: { ok: true } });
}

const ranking = (view: Partial<View> = {}) => new Ranking("a1", { ...DEFAULT_VIEW, ...view });

describe("a ranking", () => {
  const get = vi.spyOn(api, "GET");
  beforeEach(() => {
    get.mockReset();
    get.mockImplementation(answer as never);
  });

  it("grows page by page to its end", async () => {
    const all = ranking();
    for (let page = 0; page < 5; page += 1) await all.more();
    expect(all.items.map((item) => item.rank)).toEqual(
      Array.from({ length: EXAMPLES }, (_, at) => at + 1),
    );
    expect(all.finished).toBe(true);
    expect(get).toHaveBeenCalledTimes(3);
  });

  it("shows its examples before it knows how many fit", async () => {
    const asked: string[] = [];
    let counted: (answer: unknown) => void = () => {};
    get.mockImplementation(((path: string, init: Parameters<typeof answer>[1]) => {
      asked.push(path);
      if (path.endsWith("/count")) return new Promise((resolve) => (counted = resolve));
      return answer(path, init).then(({ data, ...rest }) => ({
        data: { ...data, matching: null },
        ...rest,
      }));
    }) as never);
    const filtered = ranking({ group: "sw" });
    await filtered.more();
    expect([filtered.items.length, filtered.total, filtered.matching]).toEqual([
      60,
      EXAMPLES,
      null,
    ]);
    counted({ data: { total: EXAMPLES, matching: 99 } });
    await vi.waitFor(() => expect(filtered.matching).toBe(99));
    await filtered.more();
    expect(asked.filter((path) => path.endsWith("/count"))).toHaveLength(1);
  });

  it("loads a page once when asked twice", async () => {
    const twice = ranking();
    await Promise.all([twice.more(), twice.more()]);
    expect(get).toHaveBeenCalledTimes(1);
  });

  it("keeps its pages when the next one fails, and can try again", async () => {
    const broken = ranking();
    await broken.more();
    get.mockImplementationOnce((() => Promise.reject(new TypeError("network"))) as never);
    await broken.more();
    expect(broken.problem?.code).toBe("unreachable");
    expect(broken.items).toHaveLength(60);
    expect(broken.lacksMore).toBe(true);
    await broken.more();
    expect(broken.problem).toBeNull();
    expect(broken.lacksMore).toBe(false);
    expect(broken.items).toHaveLength(120);
  });

  it("begins anew without showing less meanwhile, whatever was still being loaded", async () => {
    const grid = ranking();
    await grid.more();
    await grid.more();
    const late = grid.more();
    grid.renew();
    expect(grid.items).toHaveLength(120);
    await Promise.all([late, grid.more()]);
    expect(grid.items.map((item) => item.rank)).toEqual(
      Array.from({ length: 60 }, (_, at) => at + 1),
    );
    expect(grid.finished).toBe(false);
  });

  it("steps over the end of the loaded pages", async () => {
    const grid = ranking();
    await grid.more();
    expect((await grid.beside(600, 60, 1))?.rank).toBe(61);
    expect((await grid.beside(600, 60, -1))?.rank).toBe(59);
    expect(await grid.beside(10, 1, -1)).toBeNull();
  });

  it("says that the next one cannot be known, and not that there is none", async () => {
    const broken = ranking();
    await broken.more();
    get.mockImplementationOnce((() => Promise.reject(new TypeError("network"))) as never);
    const away = { problem: { code: "unreachable" } };
    await expect(broken.nextUndecided(600)).rejects.toMatchObject(away);
    get.mockImplementationOnce((() => Promise.reject(new TypeError("network"))) as never);
    await expect(broken.beside(600, 60, 1)).rejects.toMatchObject(away);
    expect((await broken.beside(600, 60, -1))?.rank).toBe(59);
    expect((await broken.nextUndecided(600))?.rank).toBe(61);
    await broken.more();
    expect(await broken.nextUndecided(EXAMPLES * 10)).toBeNull();
  });

  it("finds the neighbours of an example far from the loaded pages, in either order", async () => {
    for (const [order, next, previous] of [
      ["hardest", 101, 99],
      ["easiest", 99, 101],
    ] as const) {
      const far = ranking({ order });
      expect((await far.beside(1000, 100, 1))?.rank).toBe(next);
      expect((await far.beside(1000, 100, -1))?.rank).toBe(previous);
    }
  });
});
