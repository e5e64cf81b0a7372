import { expect, it } from "vitest";
import { freshId, RequestId } from "./fresh-id";

it("ids are UUIDs, and no two are the same", () => {
  expect(freshId()).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(freshId()).not.toBe(freshId());
});

it("a request keeps its id until it is answered or another is made", () => {
  const request = new RequestId();
  const first = request.of({ keep: 1 });
  expect(request.of({ keep: 1 })).toBe(first);
  const other = request.of({ keep: 2 });
  expect(other).not.toBe(first);
  request.answered();
  expect(request.of({ keep: 2 })).not.toBe(other);
});
