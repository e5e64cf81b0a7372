import type { Statistics } from "../api/types";

/** The classes whose scores are hardest in the mean first; those without a score last, otherwise in their order. */
export function hardestClasses({
  classes,
  signal,
}: Pick<Statistics, "classes"> & {
  signal: Pick<Statistics["signal"], "direction">;
}): Statistics["classes"] {
  const sign = signal.direction === "low-harder" ? 1 : -1;
  const place = (mean: number | null | undefined) => (mean == null ? Infinity : sign * mean);
  // `Infinity - Infinity` is no number, and keeps their order.
  return [...classes].sort((one, other) => place(one.mean) - place(other.mean) || 0);
}
