import { beforeEach, describe, expect, it, vi } from "vitest";
import { api, unreachable } from "../api/client";
import { answered, drop, refused, send, sendUnsent, takeBack } from "./review";
import { allUnsent } from "./unsent";

/** What browsers keep for a page. */
function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (at) => [...kept.keys()][at] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  };
}

const decision = (id: string, index: number) =>
  ({ id, reviewer: "Ada", decision: "keep", examples: [index], settles: false }) as Parameters<
    typeof send
  >[1];

describe("decisions", () => {
  const post = vi.spyOn(api, "POST");
  /** The ids of those that the server was sent. */
  const sent = () =>
    (post.mock.calls as unknown[][]).map((call) => (call[1] as { body: { id: string } }).body.id);
  const taken = (_path: unknown, { body }: { body: { id: string; examples: number[] } }) =>
    Promise.resolve({
      data: { id: body.id, reviewer: "Ada", examples: 1, standings: [{ index: body.examples[0] }] },
      response: { ok: true },
    });
  const answer = (status: number) => () =>
    Promise.resolve({
      error: { title: "No", detail: "It says no.", status },
      response: { ok: false, status, headers: new Headers() },
    });

  /** A server that takes decisions, and takes them back. */
  function undo(
    undone: string[],
    init: { body: { id: string; examples: number[] }; params: { path: { decision?: string } } },
  ) {
    const { decision } = init.params.path;
    if (decision === undefined) return taken(null, init);
    undone.push(decision);
    const data = { id: "u", reviewer: "Ada", examples: 0, standings: [] };
    return Promise.resolve({ data, response: { ok: true } });
  }

  beforeEach(() => {
    vi.stubGlobal("localStorage", storage());
    refused.set([]);
    post.mockReset();
    post.mockImplementation(taken as never);
  });

  it("are kept until the server has taken them", async () => {
    const sending = send("a1", decision("d1", 7));
    expect(allUnsent().map(({ body }) => body.id)).toEqual(["d1"]);
    await sending;
    expect(allUnsent()).toEqual([]);
  });

  it("wait with the reason where they are not taken, and are sent again after a reload, in order", async () => {
    post.mockImplementation((() => Promise.reject(new TypeError("network"))) as never);
    expect(await send("a1", decision("d1", 7))).toBeNull();
    expect(await send("a1", decision("d2", 8))).toBeNull();
    expect(refused.get().map(({ problem }) => problem.code)).toEqual([
      unreachable().problem.code,
      "unreachable",
    ]);
    // A reload knows only what was kept.
    refused.set([]);
    post.mockClear();
    post.mockImplementation(taken as never);
    await sendUnsent();
    expect(sent()).toEqual(["d1", "d2"]);
    expect(allUnsent()).toEqual([]);
    expect(refused.get()).toEqual([]);
  });

  it("are no longer sent once they are dropped, or their audit is gone", async () => {
    post.mockImplementation(answer(500) as never);
    await send("a1", decision("d1", 7));
    await send("a2", decision("d2", 8));
    drop("d1");
    post.mockImplementation(answer(404) as never);
    await sendUnsent();
    expect(refused.get()).toEqual([]);
    expect(allUnsent()).toEqual([]);
  });

  it("are taken back in their order, also while they are on their way", async () => {
    void send("a4", decision("d1", 7));
    void send("a4", decision("d2", 8));
    const undone: string[] = [];
    post.mockImplementation(((_: unknown, init: Parameters<typeof undo>[1]) =>
      undo(undone, init)) as never);
    await takeBack("a4", "Ada");
    expect(undone).toEqual(["d2"]);
  });

  it("are still the last ones where they could not be taken back", async () => {
    await send("a5", decision("e1", 7));
    await send("a5", decision("e2", 8));
    post.mockImplementationOnce((() => Promise.reject(new TypeError("network"))) as never);
    await expect(takeBack("a5", "Ada")).rejects.toMatchObject({ problem: { code: "unreachable" } });
    const undone: string[] = [];
    post.mockImplementation(((_: unknown, init: Parameters<typeof undo>[1]) =>
      undo(undone, init)) as never);
    await takeBack("a5", "Ada");
    await takeBack("a5", "Ada");
    expect(undone).toEqual(["e2", "e1"]);
  });

  it("are told to who shows their examples, once the server has taken them", async () => {
    const sending = send("a6", decision("d1", 7));
    expect(answered.get().audit).not.toBe("a6");
    await sending;
    expect(answered.get()).toEqual({ audit: "a6", indices: [7] });
  });

  it("of a sample are taken back apart from the others", async () => {
    await send("a3", { ...decision("d1", 7), sample: "s1" });
    await send("a3", decision("d2", 8));
    const undone: string[] = [];
    post.mockImplementation(((_: unknown, init: Parameters<typeof undo>[1]) =>
      undo(undone, init)) as never);
    await takeBack("a3", "Ada", "s1");
    await takeBack("a3", "Ada");
    expect(undone).toEqual(["d1", "d2"]);
  });
});
