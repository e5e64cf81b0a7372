import { api, unwrap } from "./client";
import type { Decide, Taken } from "./types";

/** Takes a decision. With the id of one that was sent before it is taken once, however often it is sent. */
export function decide(audit: string, body: Decide): Promise<Taken> {
  const params = { path: { id: audit } };
  return unwrap(api.POST("/v1/audits/{id}/decisions", { params, body }));
}

/** Takes a decision back, of all its examples. */
export function undo(audit: string, decision: string, reviewer: string): Promise<Taken> {
  const params = { path: { id: audit, decision } };
  const body = { reviewer };
  return unwrap(api.POST("/v1/audits/{id}/decisions/{decision}/undo", { params, body }));
}

/** The last decision of a reviewer that stands, of all or in a sample; null where there is none among the latest. */
export async function lastOf(audit: string, reviewer: string, sample: string | null) {
  const params = { path: { id: audit }, query: { reviewer, limit: 100 } };
  const { items } = await unwrap(api.GET("/v1/audits/{id}/decisions", { params }));
  const inSample = (of: string | null | undefined) => sample === null || of === sample;
  const stands = items.find(
    (action) => action.undoes == null && !action.is_undone && inSample(action.sample),
  );
  return stands ?? null;
}
