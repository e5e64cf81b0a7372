import { problemOf } from "../api/client";
import { decide } from "../api/decisions";
import type { Decide, Problem, Taken } from "../api/types";
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

/** The last decision of this visit that was not taken back yet, given away. */
export function lastTaken(audit: string): string | null {
  const at = taken.findLastIndex((one) => one.audit === audit);
  return at < 0 ? null : (taken.splice(at, 1)[0]?.id ?? null);
}
