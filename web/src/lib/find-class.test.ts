import { expect, test } from "vitest";
import { findClass, fittingWords } from "./find-class";

const MANY = Array.from({ length: 10_000 }, (_, at) => `class ${String(at).padStart(5, "0")}`);

test("a class is found by its name, in any case, or when only one fits", () => {
  expect(findClass(["cat", "Cat", "caterpillar"], "Cat").chosen).toBe("Cat");
  expect(findClass(["cat", "caterpillar"], " CAT ").chosen).toBe("cat");
  expect(findClass(["cat", "dog"], "do").chosen).toBe("dog");
  expect(findClass(["قطة", "犬"], "犬").chosen).toBe("犬");
  expect(findClass(["cat", "caterpillar"], "ca").chosen).toBeUndefined();
});

test("of ten thousand a few are offered, and all that fit are counted", () => {
  const found = findClass(MANY, "class");
  expect(found.offered).toHaveLength(20);
  expect(found.fitting).toBe(10_000);
  expect(fittingWords(found)).toBe("10,000 classes fit");
});

test("nothing typed finds nothing", () => {
  expect(findClass(MANY, "  ")).toEqual({ chosen: undefined, offered: [], fitting: 0 });
  expect(fittingWords(findClass(MANY, "dog"))).toBe("no such class");
});
