import type { OverSeeds, Spread, Stability } from "../api/types";
import { count, percent, score } from "./format";

const SAME = "the same";

/** The range of an example's score over the seeds, where some seed gave it one. */
export function valueRange({ value_low, value_high }: OverSeeds): string | null {
  if (value_low == null || value_high == null) return null;
  return value_low === value_high ? SAME : range(value_low, value_high, score);
}

/** The range of its rank. */
export function rankRange({ rank_low, rank_high }: OverSeeds): string {
  return rank_low === rank_high ? SAME : range(rank_low, rank_high, count);
}

/** `1.67–2.19`: a range of what was tried, which is not an interval; one number where both look alike. */
export function range(low: number, high: number, format: (value: number) => string): string {
  const [from, to] = [format(low), format(high)];
  if (from === to) return from;
  // A dash between minus signs could be one.
  return /[−-]/.test(from + to) ? `${from} to ${to}` : `${from}–${to}`;
}

/** The mean over all pairs of seeds, with the range where pairs differ. */
export function spread({ mean, min, max }: Spread, format: (value: number) => string): string {
  const shown = range(min, max, format);
  return shown === format(mean) ? shown : `${format(mean)} (${shown})`;
}

/** How far the seeds agree, in one line: the ranking as a whole, and its top. */
export function agreement({ seeds, correlation, overlap }: Stability): string {
  const [top] = overlap;
  return [
    `Over ${seeds} seeds`,
    correlation
      ? `rank correlation ${spread(correlation, score)}`
      : "no rank correlation, since too few scores differ",
    ...(top ? [`${spread(top.share, percent)} of the first ${top.top} in common`] : []),
  ].join(" · ");
}
