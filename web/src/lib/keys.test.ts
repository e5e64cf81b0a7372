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

  it("decide", () => {
    expect(["q", "w", "e", "n", "x", "/", "u"].map((key) => press(key))).toEqual([
      "keep",
      "suggestion",
      "exclude",
      "second_look",
      "cannot_judge",
      "find",
      "undo",
    ]);
    expect(["1", "9", "0"].map((key) => press(key))).toEqual(["class 1", "class 9", null]);
    expect(press("z", { ctrlKey: true })).toBe("undo");
    expect(press("z", { ctrlKey: true, target: { tagName: "INPUT" } })).toBeNull();
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

  it("leave a slider its arrows, and nothing else", () => {
    const target = { tagName: "INPUT", type: "range" };
    expect(press("ArrowLeft", { target })).toBeNull();
    expect(press("j", { target })).toBe("next");
    expect(press("q", { target })).toBe("keep");
  });

  it("are all listed", () => {
    const listed = KEY_LIST.flatMap(([keys]) => keys).join(" ");
    expect(listed).toBe("→ j ← k Enter Esc q w 1 … 9 / e n x u Ctrl-Z ?");
  });
});
