import { createStore } from "../lib/store";
import { api } from "./client";
import { session } from "./session";
import type { AccessRole } from "./types";

const ROLES: AccessRole[] = ["viewer", "reviewer", "operator", "admin"];

/** What the token that signed this browser in allows; null until the server has said it. */
export const role = createStore<AccessRole | null>(null);

/** Asks the server, now and whenever somebody else signs in. */
export async function watchRole(): Promise<void> {
  session.subscribe(() => {
    if (session.get() === "unknown") void ask();
  });
  await ask();
}

async function ask(): Promise<void> {
  const answer = await api.GET("/v1/session").catch(() => null);
  role.set(answer?.data?.role ?? null);
}

/** Whether a role allows what another one does; what is not known yet is left to the server. */
export function allows(has: AccessRole | null, needed: AccessRole): boolean {
  return has === null || ROLES.indexOf(has) >= ROLES.indexOf(needed);
}
