import { useLayoutEffect, useRef } from "preact/hooks";

export type Action =
  | "next"
  | "previous"
  | "close"
  | "help"
  | "keep"
  | "suggestion"
  | "exclude"
  | "second_look"
  | "cannot_judge"
  | "find"
  | "undo"
  | `class ${number}`;

const ACTIONS: Record<string, Action> = {
  ArrowRight: "next",
  j: "next",
  ArrowLeft: "previous",
  k: "previous",
  Escape: "close",
  "?": "help",
  q: "keep",
  w: "suggestion",
  e: "exclude",
  n: "second_look",
  x: "cannot_judge",
  "/": "find",
  u: "undo",
};

/** What each key does, for the list that `?` opens. */
export const KEY_LIST: [keys: string[], meaning: string][] = [
  [["→", "j"], "next example"],
  [["←", "k"], "previous example"],
  [["Enter"], "open the example"],
  [["Esc"], "close it, back to the grid"],
  [["q"], "keep the given label"],
  [["w"], "take the suggested label"],
  [["1", "…", "9"], "give the label of this number"],
  [["/"], "find a class by its name"],
  [["e"], "exclude the example"],
  [["n"], "ask for a second look"],
  [["x"], "cannot judge: a language or field one does not know"],
  [["u", "Ctrl-Z"], "undo the last decision"],
  [["?"], "this list"],
];

type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "target">;

/** What a key press asks for; nothing while the reader types or holds a modifier. */
export function actionOf(event: KeyPress): Action | null {
  if (event.altKey || takesKeys(event.target, event.key)) return null;
  if (event.ctrlKey || event.metaKey) return event.key === "z" ? "undo" : null;
  if (/^[1-9]$/.test(event.key)) return `class ${Number(event.key)}`;
  return ACTIONS[event.key] ?? null;
}

/**
 * While the component is shown, its handlers answer the page's keys: from the moment it is there, not from the next
 * frame on, so that no press between two examples is lost.
 */
export function useKeys(handlers: Partial<Record<Action, () => void>>): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const action = actionOf(event);
      const handle = action && latest.current[action];
      if (!handle || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      handle();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}

function takesKeys(target: EventTarget | null, key: string): boolean {
  const element = target as HTMLInputElement | null;
  if (!element?.tagName) return false;
  // A slider is moved by the arrows; letters mean nothing to it.
  if (element.type === "range") return key.startsWith("Arrow");
  return ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName) || element.isContentEditable;
}
