import { useEffect, useState } from "preact/hooks";

/** Draws again whenever something that changes by itself says so. */
export function useChanges(source: { subscribe(listener: () => void): () => void }): void {
  const [, render] = useState(0);
  useEffect(() => source.subscribe(() => render((turn) => turn + 1)), [source]);
}
