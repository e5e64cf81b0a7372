import { forget, forgetAll } from "../api/audited";
import { isAway, problemOf } from "../api/client";
import { decide, lastOf, undo } from "../api/decisions";
import { noteStandings, renewRankings } from "../api/ranking";
import type { Problem, StandingOfIndex, Taken } from "../api/types";
import { drawn } from "./drawn";
import { createStore } from "./store";
import { allUnsent, forgetUnsent, keepUnsent, type Unsent } from "./unsent";

/** A decision that the server did not take, and why. It is kept until it is sent again or dropped. */
export interface Refused extends Unsent {
  problem: Problem;
}

/** Decisions that wait for their reviewer, the oldest first. */
export const refused = createStore<Refused[]>([]);

/**
 * Where the server said last that examples stand otherwise, another each time: who shows one of them, or counts them,
 * asks for it again.
 */
export const answered = createStore<{ audit: string; indices: readonly number[] }>({
  audit: "",
  indices: [],
});

/** Those of this visit that can be taken back, the latest last. */
const taken: { audit: string; id: string; sample: string | null }[] = [];

/** Those that are on their way, one after the other: of two on one example the later one counts. */
const sending = new Set<Promise<Taken | null>>();

/** Sends a decision. One that is not taken waits among the refused; null then. */
export function send(audit: string, body: Unsent["body"]): Promise<Taken | null> {
  keepUnsent({ audit, body });
  noLongerRefused(body.id);
  const before = [...sending].at(-1);
  const answer = sent(audit, body, before).finally(() => sending.delete(answer));
  sending.add(answer);
  return answer;
}

async function sent(
  audit: string,
  body: Unsent["body"],
  before: Promise<unknown> | undefined,
): Promise<Taken | null> {
  await before;
  await drawn();
  try {
    const answer = await takeAll(audit, body);
    forgetUnsent(body.id);
    return answer;
  } catch (thrown) {
    refused.set([...refused.get(), { audit, body, problem: problemOf(thrown) }]);
    return null;
  }
}

/** Sends a decision. Throws a `ProblemError` where it is not taken. */
export async function takeAll(audit: string, body: Unsent["body"]): Promise<Taken> {
  const answer = await decide(audit, body);
  taken.push({ audit, id: body.id, sample: body.sample ?? null });
  noteTaken(audit, answer);
  return answer;
}

/** Gives up a decision that was not taken. */
export function drop(id: string): void {
  forgetUnsent(id);
  noLongerRefused(id);
}

function noLongerRefused(id: string): void {
  refused.set(refused.get().filter((one) => one.body.id !== id));
}

/** Sends what an earlier visit could not, in its order; of audits that are no more, nobody is told. */
export async function sendUnsent(): Promise<void> {
  for (const { audit, body } of allUnsent()) {
    await send(audit, body);
    const isGone = (one: Refused) => one.body.id === body.id && one.problem.status === 404;
    if (refused.get().some(isGone)) drop(body.id);
  }
}

/**
 * Takes back the last decision of this visit, or else of this reviewer: of all, or only of those in a sample. Null
 * where there is none.
 */
export async function takeBack(
  audit: string,
  reviewer: string,
  sample: string | null = null,
): Promise<Taken | null> {
  // The last one may still be on its way.
  await Promise.all(sending);
  const last = lastTaken(audit, sample) ?? (await lastOf(audit, reviewer, sample))?.id;
  return last ? takeBackOne(audit, last, reviewer) : null;
}

/** Takes back this decision, of all its examples. */
export async function takeBackOne(audit: string, id: string, reviewer: string): Promise<Taken> {
  const at = taken.findIndex((one) => one.id === id);
  // At once: the next undo is of the one before.
  const entries = at < 0 ? [] : taken.splice(at, 1);
  try {
    const answer = await undo(audit, id, reviewer);
    noteTaken(audit, answer);
    return answer;
  } catch (thrown) {
    // One that is refused would stand in the way of those before it.
    if (isAway(problemOf(thrown))) taken.splice(at, 0, ...entries);
    throw thrown;
  }
}

/** Where examples stand by now, wherever the page shows or keeps them. */
export function note(audit: string, standings: readonly StandingOfIndex[]): void {
  for (const { index } of standings) forget(audit, index);
  noteStandings(audit, standings);
}

/** What the server made of a decision; one on a whole ranking does not name its examples. */
function noteTaken(audit: string, { standings, examples }: Taken): void {
  note(audit, standings);
  if (standings.length < examples) {
    forgetAll();
    renewRankings(audit);
  }
  answered.set({ audit, indices: standings.map(({ index }) => index) });
}

/** The last decision of this visit that was not taken back yet. */
function lastTaken(audit: string, sample: string | null): string | null {
  const isMeant = (one: (typeof taken)[number]) =>
    one.audit === audit && (sample === null || one.sample === sample);
  return taken.findLast(isMeant)?.id ?? null;
}
