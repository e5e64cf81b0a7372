import type { StratumOfSample, WrongLabels } from "../api/types";
import { count } from "./format";

/** `31 to 112`: the whole numbers that hold an interval. */
export function between({ low, high }: Pick<WrongLabels, "low" | "high">): string {
  return `${count(Math.floor(low))} to ${count(Math.ceil(high))}`;
}

/** `1–100`, the ranks of a stratum. */
export function bandOf({
  first_rank,
  last_rank,
}: Pick<StratumOfSample, "first_rank" | "last_rank">): string {
  return `${count(first_rank)}–${count(last_rank)}`;
}

/** Whether groups were drawn from by themselves. */
export function hasGroups(strata: readonly Pick<StratumOfSample, "group">[]): boolean {
  return strata.some(({ group }) => group != null);
}
