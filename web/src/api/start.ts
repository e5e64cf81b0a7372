import { api, unwrap } from "./client";
import type { Audit, StartAudit } from "./types";

/** Begins an audit. The same key with the same body begins one, however often it is sent. */
export function startAudit(body: StartAudit, key: string): Promise<Audit> {
  return unwrap(api.POST("/v1/audits", { body, headers: { "idempotency-key": key } }));
}

/** A key that nobody else has. (`crypto.randomUUID` is missing where the page comes over plain HTTP.) */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
