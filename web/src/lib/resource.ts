import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { problemOf } from "../api/client";
import type { Problem } from "../api/types";

/** Something fetched: its data once there, or the problem that stands in its way. */
export interface Resource<T> {
  data: T | null;
  problem: Problem | null;
  reload: () => void;
}

/**
 * Fetches when `key` changes, and again every `pollMs` where given. Old data stays while a reload
 * of the same key runs, so nothing jumps.
 */
export function useResource<T>(
  key: string,
  load: () => Promise<T>,
  pollMs: number | null = null,
): Resource<T> {
  const [held, setHeld] = useState<{ key: string; data: T | null; problem: Problem | null }>({
    key,
    data: null,
    problem: null,
  });
  const [turn, setTurn] = useState(0);
  const waiting = useRef(false);
  const reload = useCallback(() => setTurn((before) => before + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what `load` reads; `turn` asks again.
  useEffect(() => {
    let wanted = true;
    waiting.current = true;
    load().then(
      (data) => {
        if (!wanted) return;
        waiting.current = false;
        setHeld({ key, data, problem: null });
      },
      (thrown) => {
        if (!wanted) return;
        waiting.current = false;
        setHeld((before) => ({
          key,
          data: before.key === key ? before.data : null,
          problem: problemOf(thrown),
        }));
      },
    );
    return () => {
      wanted = false;
      waiting.current = false;
    };
  }, [key, turn]);

  useEffect(() => {
    if (pollMs === null) return;
    const timer = setInterval(() => {
      // A slow answer is waited for: asking again would discard it.
      if (!document.hidden && !waiting.current) reload();
    }, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, reload]);

  const current = held.key === key;
  return { data: current ? held.data : null, problem: current ? held.problem : null, reload };
}
