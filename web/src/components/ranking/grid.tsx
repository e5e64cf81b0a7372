import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Ranking } from "../../api/ranking";
import { useKeys } from "../../lib/keys";
import { lastOpened } from "../../lib/last-opened";
import { examplePath } from "../../lib/route";
import { meaning } from "../../lib/signals";
import { hasLevels, withQuery, writeView } from "../../lib/url";
import { ProblemNote } from "../problem-note";
import "./grid.css";
import { Tile } from "./tile";

/** Pages are asked for this far before the reader reaches them. */
const AHEAD = "800px";
const PLACEHOLDERS = Array.from({ length: 24 }, (_, at) => at);

/** The ranked examples; more come as the reader goes down. */
export function Grid({ ranking }: { ranking: Ranking }) {
  const list = useRef<HTMLOListElement>(null);
  const end = useRef<HTMLDivElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: observing anew after each page asks again while the end is still in sight.
  useEffect(() => {
    const element = end.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting && ranking.started && !ranking.problem) void ranking.more();
      },
      { rootMargin: AHEAD },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [ranking, ranking.items.length]);

  useLayoutEffect(() => {
    const index = lastOpened.take(ranking.audit);
    if (index !== null) focusTile(list.current?.querySelector(`[data-index="${index}"]`) ?? null);
  }, [ranking.audit]);

  const step = (by: 1 | -1) => {
    const tiles = [...(list.current?.querySelectorAll<HTMLElement>("[data-index]") ?? [])];
    const at = tiles.indexOf(document.activeElement as HTMLElement);
    focusTile(tiles[Math.max(at + by, 0)] ?? null);
  };
  useKeys({ next: () => step(1), previous: () => step(-1) });

  const query = writeView(ranking.view);
  const placeholder = `tile tile--empty ${hasLevels(ranking.view.signal) ? "tile--classes" : ""}`;
  const hint = ranking.info ? meaning(ranking.info) : "";
  return (
    <>
      <ol ref={list} class="grid" aria-label="Examples" aria-busy={ranking.loading}>
        {ranking.items.map((item) => (
          <Tile
            key={item.index}
            item={item}
            href={withQuery(examplePath(ranking.audit, item.index), query)}
            hint={hint}
          />
        ))}
        {!ranking.started &&
          ranking.loading &&
          PLACEHOLDERS.map((at) => <li key={at} class={placeholder} aria-hidden="true" />)}
      </ol>
      {ranking.problem && ranking.lacksMore && (
        <ProblemNote problem={ranking.problem} onRetry={() => void ranking.more()} />
      )}
      <div ref={end} class="grid__end">
        {ranking.started && !ranking.finished && !ranking.lacksMore && (
          <button
            type="button"
            class="button"
            disabled={ranking.loading}
            onClick={() => void ranking.more()}
          >
            {ranking.loading ? "Loading…" : "Load more"}
          </button>
        )}
      </div>
    </>
  );
}

function focusTile(tile: HTMLElement | null): void {
  if (!tile) return;
  tile.focus({ preventScroll: true });
  tile.scrollIntoView({ block: "nearest" });
}
