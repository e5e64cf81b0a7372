import { useEffect, useMemo } from "preact/hooks";
import { type Ranking, rankingOf } from "../api/ranking";
import { type View, writeView } from "./url";
import { useChanges } from "./use-changes";

/** The ranking of a view, rendered again as its pages arrive. Its first page loads at once. */
export function useRanking(audit: string, view: View): Ranking {
  const key = writeView(view).toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` is the view's content.
  const ranking = useMemo(() => rankingOf(audit, view), [audit, key]);
  useChanges(ranking);
  useEffect(() => {
    if (!ranking.started) void ranking.more();
  }, [ranking]);
  return ranking;
}
