import type { ComponentChildren } from "preact";
import { useResource } from "../lib/resource";
import { ProblemNote } from "./problem-note";

interface Props<Code> {
  /** What the code is of; one name for one piece of code. */
  of: string;
  code: () => Promise<Code>;
  children: (code: Code) => ComponentChildren;
}

/** A part of the page whose code is fetched when it is first wanted. */
export function Fetched<Code>({ of, code, children }: Props<Code>) {
  const fetched = useResource(`code of ${of}`, code);
  if (fetched.problem) return <ProblemNote problem={fetched.problem} onRetry={fetched.reload} />;
  if (!fetched.data) return <p class="quiet">Loading…</p>;
  return <>{children(fetched.data)}</>;
}
