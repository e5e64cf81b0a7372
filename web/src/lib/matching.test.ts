import { expect, it } from "vitest";
import { matching } from "./matching";

const ITEMS = [{ name: "Birds 2024.zip" }, { name: "birds 2023.zip" }, { name: "digits.npz" }];

it("finds names by words in any case and order", () => {
  expect(matching(ITEMS, "2024 birds")).toEqual([ITEMS[0]]);
  expect(matching(ITEMS, "BIRDS")).toHaveLength(2);
  expect(matching(ITEMS, " ")).toEqual(ITEMS);
  expect(matching(ITEMS, "cats")).toEqual([]);
});
