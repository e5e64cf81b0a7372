import { useState } from "preact/hooks";
import { problemOf } from "../api/client";
import type { Problem } from "../api/types";
import { type Resource, useResource } from "./resource";

type Page<T> = { items: T[]; next?: string | null };

export interface Paged<T> extends Omit<Resource<T[]>, "seenAt"> {
  /** When the item at a place of the list came. */
  seenAt: (at: number) => number;
  /** Loads the next page; absent after the last one. */
  more: (() => void) | null;
}

/** A keyset-paged list: its first page keeps itself fresh, older pages are added on demand. */
export function usePaged<T>(
  key: string,
  load: (after: string | undefined) => Promise<Page<T>>,
  pollMs: number | null = null,
): Paged<T> {
  const first = useResource(key, () => load(undefined), pollMs);
  const [older, setOlder] = useState<{ key: string; page: Page<T>; seenAt: number } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  const added = older?.key === key ? older : null;
  const next = added ? added.page.next : first.data?.next;

  async function more(after: string) {
    try {
      const page = await load(after);
      const items = [...(added?.page.items ?? []), ...page.items];
      setOlder({ key, page: { ...page, items }, seenAt: added?.seenAt ?? Date.now() });
      setProblem(null);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }

  return {
    data: first.data && [...first.data.items, ...(added?.page.items ?? [])],
    seenAt: (at) => (added && at >= (first.data?.items.length ?? 0) ? added.seenAt : first.seenAt),
    problem: first.problem ?? problem,
    reload: first.reload,
    more: next ? () => void more(next) : null,
  };
}
