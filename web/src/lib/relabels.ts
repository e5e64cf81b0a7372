import type { AuditedExample } from "../api/types";

/** How many classes have a key of their own. */
export const KEYED = 9;

/**
 * The classes that 1 to 9 stand for: what the audit finds most probable first, then the others in their order,
 * without the given one. The same however many classes there are.
 */
export function keyedClasses(
  { label, suggestion }: Partial<Pick<AuditedExample, "label" | "suggestion">>,
  classes: readonly string[],
): string[] {
  const likely = suggestion ? [suggestion.label, suggestion.runner_up] : [];
  // Of ten thousand classes only the first few are looked at.
  const first = classes.slice(0, KEYED + likely.length + 1);
  const others = [...likely, ...first].filter((name) => name !== label);
  return [...new Set(others)].slice(0, KEYED);
}
