import { describe, expect, it } from "vitest";
import { actionOf, KEY_LIST } from "./keys";

function press(key: string, more: object = {}) {
  const nothing = { ctrlKey: false, metaKey: false, altKey: false, target: null };
  return actionOf({ key, ...nothing, ...more });
}

describe("keys", () => {
  it("move, close and help", () => {
    expect(["ArrowRight", "j", "ArrowLeft", "k", "Escape", "?"].map((key) => press(key))).toEqual([
      "next",
      "next",
      "previous",
      "previous",
      "close",
      "help",
    ]);
  });

  it("leave the browser's own combinations alone", () => {
    expect(press("ArrowLeft", { altKey: true })).toBeNull();
    expect(press("k", { ctrlKey: true })).toBeNull();
  });

  it("are ignored while the reader types or chooses", () => {
    for (const tagName of ["INPUT", "SELECT", "TEXTAREA"])
      expect(press("j", { target: { tagName } })).toBeNull();
    expect(press("j", { target: { tagName: "DIV", isContentEditable: true } })).toBeNull();
    expect(press("j", { target: { tagName: "A" } })).toBe("next");
  });

  it("are all listed", () => {
    expect(KEY_LIST.flatMap(([keys]) => keys)).toEqual(["→", "j", "←", "k", "Enter", "Esc", "?"]);
  });
});
