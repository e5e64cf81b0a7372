import createClient from "openapi-fetch";
import type { paths } from "./schema";
import { signedOut } from "./session";
import type { Problem } from "./types";

/** The typed client of the API on this page's own origin; the session cookie goes along. */
export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "" });

/** A refusal by the server, or no answer at all. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's data. Throws a `ProblemError` with something to show, whatever went wrong. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await reached(answer);
  if (response.ok) return data as T;
  throw refusal(response.status, error, response.headers.get("x-request-id"));
}

/** What an answer that is no success says; one of 401 also asks for the token. */
export function refusal(status: number, body: unknown, requestId: string | null): ProblemError {
  if (status === 401) signedOut();
  return new ProblemError(isProblem(body) ? body : withoutWords(status, requestId));
}

/** No answer at all. */
export function unreachable(): ProblemError {
  return new ProblemError({
    type: "about:blank",
    code: "unreachable",
    status: 0,
    title: "Unearth cannot be reached",
    detail: "The server did not answer.",
    hint: "Check that `unearth up` is still running and that you are online, then try again.",
  });
}

/** Whether the server, and not the request, is to blame: the same may be answered later. */
export function isAway({ status }: Problem): boolean {
  return status === 0 || status >= 500;
}

/** Whether the request was refused: the next one is another. Otherwise it may be carried out all the same. */
export function isAnswer(problem: Problem): boolean {
  return !isAway(problem) && problem.code !== "idempotency-key-in-flight";
}

/** What to show for any thrown thing. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { type: "about:blank", code: "page-error", status: 0, title: "The page failed", detail };
}

async function reached<T>(answer: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") throw thrown;
    throw unreachable();
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "title" in body && "detail" in body;
}

function withoutWords(status: number, requestId: string | null): Problem {
  return {
    type: "about:blank",
    code: "unexpected-answer",
    status,
    title: `Unexpected answer ${status}`,
    detail: "The server answered without saying why.",
    hint: "Its log has the reason under the request id.",
    ...(requestId ? { request_id: requestId } : {}),
  };
}
