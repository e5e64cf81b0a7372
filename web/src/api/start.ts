import { api, unwrap } from "./client";
import type { Audit, StartAudit } from "./types";

/** Begins an audit. The same key with the same body begins one, however often it is sent. */
export function startAudit(body: StartAudit, key: string): Promise<Audit> {
  return unwrap(api.POST("/v1/audits", { body, headers: { "idempotency-key": key } }));
}
