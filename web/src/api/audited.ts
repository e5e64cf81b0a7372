import { api, unwrap } from "./client";
import type { AuditedExample, RankedExample } from "./types";

/** How many examples are kept: enough to go on without waiting, and back. */
const KEPT = 24;

const loaded = new Map<string, AuditedExample>();
const loading = new Map<string, Promise<AuditedExample>>();

/** What a ranking knows of it. */
type Seen = Pick<RankedExample, "index" | "image_url">;

const keyOf = (audit: string, index: number) => `${audit}/${index}`;

/** Everything about an example, asked for anew; what is being loaded is not asked for twice. */
export function load(audit: string, index: number): Promise<AuditedExample> {
  const key = keyOf(audit, index);
  const running = loading.get(key);
  if (running) return running;
  const params = { path: { id: audit, index } };
  const asked = unwrap(api.GET("/v1/audits/{id}/examples/{index}", { params }))
    .then((example) => {
      // Forgotten meanwhile: it may be older than what made it so.
      if (loading.get(key) === asked) keep(key, example);
      return example;
    })
    .finally(() => {
      if (loading.get(key) === asked) loading.delete(key);
    });
  loading.set(key, asked);
  return asked;
}

/** Loads it and its image before they are asked for; that they cannot be is told when they are. */
export function preload(audit: string, { index, image_url }: Seen): void {
  if (!loaded.has(keyOf(audit, index))) load(audit, index).catch(() => {});
  if (image_url) new Image().src = image_url;
}

/** What is there already; null otherwise. */
export function peek(audit: string, index: number): AuditedExample | null {
  return loaded.get(keyOf(audit, index)) ?? null;
}

/** It has changed on the server. */
export function forget(audit: string, index: number): void {
  loaded.delete(keyOf(audit, index));
  loading.delete(keyOf(audit, index));
}

/** Any of them may have changed. */
export function forgetAll(): void {
  loaded.clear();
  loading.clear();
}

function keep(key: string, example: AuditedExample): void {
  loaded.delete(key);
  loaded.set(key, example);
  for (const oldest of [...loaded.keys()].slice(0, -KEPT)) loaded.delete(oldest);
}
