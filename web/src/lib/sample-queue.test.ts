import { describe, expect, it } from "vitest";
import { unreachable } from "../api/client";
import type { OpenExample } from "../api/types";
import { SampleQueue } from "./sample-queue";

/** A server with so many examples to review, that keeps what it is told. */
function sample(size: number) {
  const decided = new Set<number>();
  let isReachable = true;
  const queue = new SampleQueue(async (limit) => {
    if (!isReachable) throw unreachable();
    const all = Array.from({ length: size }, (_, position) => ({
      position,
      index: 100 + position,
    }));
    return all.filter(({ index }) => !decided.has(index)).slice(0, limit) as OpenExample[];
  });
  return {
    queue,
    decided,
    reach(now: boolean) {
      isReachable = now;
    },
  };
}

const indices = (queue: SampleQueue) => queue.items.map(({ index }) => index);

describe("the queue of a sample", () => {
  it("goes on at once and never shows one that was decided, though the server is late", async () => {
    const { queue, decided } = sample(95);
    await queue.more();
    const seen: number[] = [];
    while (!queue.isDone) {
      const index = indices(queue)[0];
      if (index === undefined) {
        await queue.more();
        continue;
      }
      seen.push(index);
      queue.pass(index);
      // The server is five decisions behind.
      const late = seen.at(-6);
      if (late !== undefined) decided.add(late);
      await Promise.resolve();
    }
    expect(seen).toEqual(Array.from({ length: 95 }, (_, at) => 100 + at));
  });

  it("shows one again whose decision was taken back, at its place", async () => {
    const { queue, decided } = sample(3);
    await queue.more();
    for (const index of [100, 101]) {
      queue.pass(index);
      decided.add(index);
    }
    expect(indices(queue)).toEqual([102]);
    decided.delete(100);
    await queue.reopen(100);
    expect(indices(queue)).toEqual([100, 102]);
  });

  it("goes on with what it has while the server cannot be reached", async () => {
    const { queue, reach } = sample(60);
    await queue.more();
    reach(false);
    for (const index of indices(queue).slice(0, 35)) queue.pass(index);
    await queue.more();
    expect(indices(queue)).toEqual([135, 136, 137, 138, 139]);
    expect(queue.problem).toEqual(unreachable().problem);
    expect(queue.isDone).toBe(false);
    reach(true);
    await queue.more();
    expect(queue.problem).toBeNull();
    expect(indices(queue).slice(0, 2)).toEqual([135, 136]);
  });

  it("is not done where the last decision was not taken and the server is away", async () => {
    const { queue, reach } = sample(1);
    await queue.more();
    queue.pass(100);
    expect(queue.isDone).toBe(true);
    reach(false);
    const reopening = queue.reopen(100);
    await Promise.resolve();
    expect(queue.isDone).toBe(false);
    await reopening;
    expect([queue.isDone, queue.problem]).toEqual([false, unreachable().problem]);
    reach(true);
    await queue.more();
    expect(indices(queue)).toEqual([100]);
  });

  it("is done when nothing is open, and not before it was asked", async () => {
    const { queue } = sample(0);
    expect(queue.isDone).toBe(false);
    await queue.more();
    expect(queue.isDone).toBe(true);
  });
});
