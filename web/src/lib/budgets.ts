import type { BudgetEstimate } from "../api/types";
import { count, percent } from "./format";
import { DEFAULT_VIEW, type View } from "./url";

/** A number that is an estimate: a decimal while it is small, and no more. */
export function estimated(value: number): string {
  return value < 99.95 ? value.toFixed(1) : count(value);
}

/** What one budget is estimated to find, and what that estimate is worth, in a sentence. */
export function finding({ k, estimated_wrong, estimated_share, reason }: BudgetEstimate): string {
  if (estimated_wrong == null) return `no estimate; ${reason ?? "nothing is known"}`;
  const share = estimated_share == null ? "" : ` (${percent(estimated_share)})`;
  const wrong = `${estimated(estimated_wrong)}${share} of the first ${count(k)} labels are wrong`;
  return `an estimated ${wrong}; optimistic where they follow a pattern`;
}

/**
 * The view of so many first examples of `scored`, by the subset of probable wrong labels; null where
 * that subset is taken from another ranking than this one.
 */
export function budgetView({ k }: BudgetEstimate, scored: number, view: View): View | null {
  if (k === 0 || view.grouping !== DEFAULT_VIEW.grouping) return null;
  const { signal, population } = view;
  return {
    ...DEFAULT_VIEW,
    signal,
    population,
    subset: "label_issues",
    share: String(k / scored),
  };
}
