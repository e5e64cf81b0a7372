import { createStore } from "../lib/store";

/** Whether the server refused us for want of a token. */
export const session = createStore<"unknown" | "signed-out">("unknown");

/** Any request answered 401. */
export function signedOut(): void {
  session.set("signed-out");
}

/** The token was taken: what failed may be asked again. */
export function signedIn(): void {
  session.set("unknown");
}
