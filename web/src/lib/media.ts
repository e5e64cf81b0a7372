import { useEffect, useState } from "preact/hooks";

/** Whether the reader's screen or system is like that, drawn again whenever it changes. */
export function useMedia(condition: string): boolean {
  const [fits, setFits] = useState(() => globalThis.matchMedia?.(condition).matches ?? false);
  useEffect(() => {
    const query = matchMedia(condition);
    const update = () => setFits(query.matches);
    update();
    query.addEventListener("change", update);
    return () => query.removeEventListener("change", update);
  }, [condition]);
  return fits;
}

/** Whether the system is dark; for drawings that cannot use the style sheet. */
export const useDarkScheme = () => useMedia("(prefers-color-scheme: dark)");

/** Whether it is a phone held upright; as wide as the style sheets have it. */
export const useNarrow = () => useMedia("(max-width: 600px)");
