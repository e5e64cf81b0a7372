import { createStore } from "./store";

const KEY = "unearth-reviewer";

/** Who decides on this page: a name that the browser remembers; empty until it is given. */
export const reviewer = createStore(globalThis.localStorage?.getItem(KEY) ?? "");

export function setReviewer(name: string): void {
  const given = name.trim();
  globalThis.localStorage?.setItem(KEY, given);
  reviewer.set(given);
}
