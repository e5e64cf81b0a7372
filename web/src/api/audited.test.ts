import { afterEach, expect, test, vi } from "vitest";
import { forget, load, peek, preload } from "./audited";
import { api } from "./client";

afterEach(() => vi.restoreAllMocks());

/** Answers every request with an example of its index. */
function server() {
  const answer = async (_path: unknown, { params }: { params: { path: { index: number } } }) => ({
    data: { index: params.path.index },
    response: new Response(null, { status: 200 }),
  });
  return vi.spyOn(api, "GET").mockImplementation(answer as never);
}

test("what was loaded before it was asked for is there at once, until it changes", async () => {
  const asked = server();
  expect(peek("a", 1)).toBeNull();
  preload("a", { index: 1, image_url: null });
  await load("a", 1);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(peek("a", 1)).toEqual({ index: 1 });
  preload("a", { index: 1, image_url: null });
  expect(asked).toHaveBeenCalledTimes(1);
  forget("a", 1);
  expect(peek("a", 1)).toBeNull();
});

test("an answer that was on its way when it changed is not kept", async () => {
  server();
  const old = load("a", 2);
  forget("a", 2);
  await old;
  expect(peek("a", 2)).toBeNull();
});

test("only the latest are kept", async () => {
  server();
  for (let index = 100; index < 130; index += 1) await load("a", index);
  expect(peek("a", 100)).toBeNull();
  expect(peek("a", 129)).toEqual({ index: 129 });
});
