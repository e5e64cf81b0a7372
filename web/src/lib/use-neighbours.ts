import { useEffect, useState } from "preact/hooks";
import { preload } from "../api/audited";
import { isAway, problemOf } from "../api/client";
import type { Ranking } from "../api/ranking";
import type { Problem } from "../api/types";

interface Neighbours {
  next: number | null;
  previous: number | null;
  /** Why one of them is not known; that there is none is no problem. */
  problem: Problem | null;
}

const UNKNOWN: Neighbours = { next: null, previous: null, problem: null };

/** What comes before and after an example in the ranking's order, loaded before it is asked for. */
export function useNeighbours(ranking: Ranking, index: number, rank: number | null) {
  const [found, setFound] = useState(UNKNOWN);
  const [turn, setTurn] = useState(0);
  const reload = () => {
    if (ranking.started) setTurn((before) => before + 1);
    else void ranking.more();
  };
  const loaded = ranking.items.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: more loaded pages, or another try, may bring the neighbours.
  useEffect(() => {
    let wanted = true;
    if (!ranking.started) return;
    const beside = [ranking.beside(index, rank, 1), ranking.beside(index, rank, -1)];
    Promise.allSettled(beside).then((both) => {
      if (!wanted) return;
      const [next, previous] = both.map((one) => (one.status === "fulfilled" ? one.value : null));
      const failed = both.find((one) => one.status === "rejected");
      setFound({
        next: next?.index ?? null,
        previous: previous?.index ?? null,
        problem: failed ? problemOf(failed.reason) : null,
      });
      for (const neighbour of [next, previous]) {
        if (neighbour) preload(ranking.audit, neighbour);
      }
    });
    return () => {
      wanted = false;
    };
  }, [ranking, loaded, index, rank, turn]);
  // Without its first page nothing is known; that this ranking does not exist is no matter here.
  const unread = !ranking.started && ranking.problem && isAway(ranking.problem);
  return { ...found, problem: unread ? ranking.problem : found.problem, reload };
}
