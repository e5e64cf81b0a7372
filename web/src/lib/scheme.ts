import { useEffect, useState } from "preact/hooks";

const query = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

/** Whether the reader's system is dark; for drawings that cannot use the style sheet. */
export function useDarkScheme(): boolean {
  const [dark, setDark] = useState(query?.matches ?? false);
  useEffect(() => {
    const update = () => setDark(query.matches);
    query.addEventListener("change", update);
    return () => query.removeEventListener("change", update);
  }, []);
  return dark;
}
