import type { Decide } from "../api/types";

/** Before the id of each decision that is kept. */
const PREFIX = "unearth-decision-";

/** A decision that the server may not have taken. */
export interface Unsent {
  audit: string;
  body: Decide & { id: string };
}

/**
 * Keeps a decision in the browser until the server has taken it, so that a page that is closed or reloaded loses none.
 * One entry for each: pages beside each other do not overwrite what the others keep.
 */
export function keepUnsent(one: Unsent): void {
  globalThis.localStorage?.setItem(
    PREFIX + one.body.id,
    JSON.stringify({ ...one, at: Date.now() }),
  );
}

/** The server has taken it, or its reviewer has dropped it. */
export function forgetUnsent(id: string): void {
  globalThis.localStorage?.removeItem(PREFIX + id);
}

/** All that are kept, the oldest first. */
export function allUnsent(): Unsent[] {
  const kept = globalThis.localStorage;
  if (!kept) return [];
  const keys = Array.from({ length: kept.length }, (_, at) => kept.key(at) ?? "");
  return keys
    .filter((key) => key.startsWith(PREFIX))
    .map((key): Unsent & { at: number } => JSON.parse(kept.getItem(key) ?? "null"))
    .sort((one, other) => one.at - other.at)
    .map(({ audit, body }) => ({ audit, body }));
}
