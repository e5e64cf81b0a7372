import { useEffect, useState } from "preact/hooks";

/** The present, again every few seconds: for `5 min ago` and for heartbeats that stop. */
export function useNow(everyMs = 5_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
