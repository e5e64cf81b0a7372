import { useEffect } from "preact/hooks";

export type Action = "next" | "previous" | "close" | "help";

const ACTIONS: Record<string, Action> = {
  ArrowRight: "next",
  j: "next",
  ArrowLeft: "previous",
  k: "previous",
  Escape: "close",
  "?": "help",
};

/** What each key does, for the list that `?` opens. */
export const KEY_LIST: [keys: string[], meaning: string][] = [
  [["→", "j"], "next example"],
  [["←", "k"], "previous example"],
  [["Enter"], "open the example"],
  [["Esc"], "close it, back to the grid"],
  [["?"], "this list"],
];

type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "target">;

/** What a key press asks for; nothing while the reader types or holds a modifier. */
export function actionOf(event: KeyPress): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey || takesKeys(event.target)) return null;
  return ACTIONS[event.key] ?? null;
}

/** Calls `onAction` for each of the page's keys while the component is shown. */
export function useKeys(onAction: (action: Action) => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const action = actionOf(event);
      if (!action || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      onAction(action);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [onAction]);
}

function takesKeys(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.tagName) return false;
  return ["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName) || element.isContentEditable;
}
