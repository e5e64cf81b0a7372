import type { CategoryOfExample } from "../api/types";
import { percent } from "./format";

/** A category as people read it: the suites' names are words, a user's own stay as they are. */
export function categoryTitle(name: string): string {
  return /^[a-z_]+$/.test(name) ? name.replaceAll("_", " ") : name;
}

/** Shares of the votes, the largest first, without categories that got none. */
export function votes({ probabilities }: CategoryOfExample): string {
  return Object.entries(probabilities)
    .filter(([, share]) => share > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, share]) => `${categoryTitle(name)} ${percent(share)}`)
    .join(", ");
}

/** `60.0 % (31–83 %)`: a share with its 95 % interval. */
export function interval(share: number, [lower, upper]: number[]): string {
  if (lower === undefined || upper === undefined) return percent(share);
  return `${percent(share)} (${whole(lower)}–${whole(upper)}\u00a0%)`;
}

function whole(share: number): string {
  return (100 * share).toFixed(0);
}
