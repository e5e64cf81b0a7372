import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { problemOf } from "../api/client";
import type { Problem } from "../api/types";

/** Something fetched: its data once there, or the problem that stands in its way. */
export interface Resource<T> {
  data: T | null;
  /** When the data came, in milliseconds since 1970: what was true then may not be so now. */
  seenAt: number;
  problem: Problem | null;
  reload: () => void;
}

/**
 * Fetches when `key` changes, again every `pollMs` where given, and again once `changed` is another. Old data stays
 * while the same key is asked for again, also where that fails, so nothing jumps.
 */
export function useResource<T>(
  key: string,
  load: () => Promise<T>,
  pollMs: number | null = null,
  changed: unknown = null,
): Resource<T> {
  const [held, setHeld] = useState<Omit<Resource<T>, "reload"> & { key: string }>({
    key,
    data: null,
    seenAt: 0,
    problem: null,
  });
  const [turn, setTurn] = useState(0);
  const waiting = useRef(false);
  const isOld = useRef(false);
  const reload = useCallback(() => setTurn((before) => before + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what `load` reads; `turn` asks again.
  useEffect(() => {
    let wanted = true;
    waiting.current = true;
    isOld.current = false;
    const answered = () => {
      waiting.current = false;
      if (isOld.current) reload();
    };
    load().then(
      (data) => {
        if (!wanted) return;
        setHeld({ key, data, seenAt: Date.now(), problem: null });
        answered();
      },
      (thrown) => {
        if (!wanted) return;
        setHeld((before) => ({
          ...(before.key === key ? before : { key, data: null, seenAt: 0 }),
          problem: problemOf(thrown),
        }));
        answered();
      },
    );
    return () => {
      wanted = false;
      waiting.current = false;
    };
  }, [key, turn]);

  const before = useRef({ key, changed });
  useEffect(() => {
    const isSame = before.current.key === key;
    if (isSame && before.current.changed !== changed) {
      // A slow answer is waited for: asking again would discard it.
      if (waiting.current) isOld.current = true;
      else reload();
    }
    before.current = { key, changed };
  }, [key, changed, reload]);

  useEffect(() => {
    if (pollMs === null) return;
    const look = () => {
      if (!document.hidden && !waiting.current) reload();
    };
    const timer = setInterval(look, pollMs);
    // Who comes back to the page sees what is, and not what was.
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [pollMs, reload]);

  if (held.key !== key) return { data: null, seenAt: 0, problem: null, reload };
  const { data, seenAt, problem } = held;
  return { data, seenAt, problem, reload };
}
