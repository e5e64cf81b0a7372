import { forget } from "../api/audited";
import { problemOf } from "../api/client";
import { decide, lastOf, undo } from "../api/decisions";
import { noteStandings } from "../api/ranking";
import type { Decide, Problem, StandingOfIndex, Taken } from "../api/types";
import { createStore } from "./store";

/** A decision that the server did not take, and why. It is kept until it is sent again or dropped. */
export interface Refused {
  audit: string;
  body: Decide & { id: string };
  problem: Problem;
}

/** Decisions that wait for their reviewer, the oldest first. */
export const refused = createStore<Refused[]>([]);

/** Decisions of this visit that can be taken back, the latest last. */
const taken: { audit: string; id: string }[] = [];

/** Sends a decision. One that is not taken waits among the refused; null then. */
export async function send(audit: string, body: Refused["body"]): Promise<Taken | null> {
  drop(body.id);
  try {
    const answer = await decide(audit, body);
    taken.push({ audit, id: body.id });
    note(audit, answer.standings);
    return answer;
  } catch (thrown) {
    refused.set([...refused.get(), { audit, body, problem: problemOf(thrown) }]);
    return null;
  }
}

/** Gives up a decision that was not taken. */
export function drop(id: string): void {
  refused.set(refused.get().filter((one) => one.body.id !== id));
}

/** Takes back the last decision of this visit, or else of this reviewer; null where there is none. */
export async function takeBack(audit: string, reviewer: string): Promise<Taken | null> {
  const last = lastTaken(audit) ?? (await lastOf(audit, reviewer))?.id;
  if (!last) return null;
  const answer = await undo(audit, last, reviewer);
  note(audit, answer.standings);
  return answer;
}

/** Where examples stand by now, wherever the page shows or keeps them. */
export function note(audit: string, standings: readonly StandingOfIndex[]): void {
  for (const { index } of standings) forget(audit, index);
  noteStandings(audit, standings);
}

/** The last decision of this visit that was not taken back yet, given away. */
function lastTaken(audit: string): string | null {
  const at = taken.findLastIndex((one) => one.audit === audit);
  return at < 0 ? null : (taken.splice(at, 1)[0]?.id ?? null);
}
