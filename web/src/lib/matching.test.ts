import { expect, it } from "vitest";
import { matching } from "./matching";

const found = (typed: string) => matching(ITEMS, typed, ({ name }) => name);

const ITEMS = [{ name: "Birds 2024.zip" }, { name: "birds 2023.zip" }, { name: "digits.npz" }];

it("finds names by words in any case and order", () => {
  expect(found("2024 birds")).toEqual([ITEMS[0]]);
  expect(found("BIRDS")).toHaveLength(2);
  expect(found(" ")).toEqual(ITEMS);
  expect(found("cats")).toEqual([]);
});
