import type { LayerSparsity, LevelReport, PieTable, RecallRow, Tested, Top1 } from "../api/types";
import { percent, score } from "./format";
import { range } from "./seeds";

/** `91.23 ± 0.14 %`: the mean over the models, with their standard deviation where there is one. */
export function top1({ mean, deviation }: Top1): string {
  const hundredths = (share: number) => (share * 100).toFixed(2);
  const spread = deviation == null ? "" : ` ± ${hundredths(deviation)}`;
  return `${hundredths(mean)}${spread}\u00a0%`;
}

/** `49.8 %–50.0 %`: the share of zeros, from the layer with fewest to that with most. */
export function reached(layers: LayerSparsity[]): string | null {
  const shares = layers.map(zeros);
  if (shares.length === 0) return null;
  return range(Math.min(...shares), Math.max(...shares), percent);
}

/** Share of a layer's weights that are zero. */
export function zeros({ weights, zeros }: LayerSparsity): number {
  return weights === 0 ? 0 : zeros / weights;
}

/** The second unpruned population's row, where there is one. */
export function nullOf({ levels }: PieTable): LevelReport | null {
  return levels.find(({ level }) => level === "null") ?? null;
}

/** Models of each population that a table is over. */
export function modelsOf({ levels }: PieTable): number {
  return Math.min(...levels.map(({ models }) => models));
}

/** How rows of recalls can be ordered: by who is harmed most, by who is spared most, or as the dataset has them. */
export const RECALL_ORDERS = ["harmed", "spared", "given"] as const;

export type RecallOrder = (typeof RECALL_ORDERS)[number];

/** The rows in an order; those that change alike keep their places. */
export function orderedRecalls(rows: RecallRow[], order: RecallOrder): RecallRow[] {
  if (order === "given") return rows;
  const sign = order === "harmed" ? 1 : -1;
  return [...rows].sort((a, b) => sign * (a.normalised_change - b.normalised_change));
}

/** The order after this one: what the heading of the column goes on to. */
export function nextOrder(order: RecallOrder): RecallOrder {
  const at = RECALL_ORDERS.indexOf(order);
  return RECALL_ORDERS[(at + 1) % RECALL_ORDERS.length] ?? "harmed";
}

/** Below this, the tail of the distribution is not computed exactly. */
const P_LEAST = 1e-15;

/** t, degrees of freedom, p and corrected p as shown; null where there is no test. */
export function figures({ t, df, p, p_holm }: Tested): string[] | null {
  if (t == null || df == null || p == null || p_holm == null) return null;
  return [score(t), score(df), probability(p), probability(p_holm)];
}

function probability(p: number): string {
  return p < P_LEAST ? `under ${score(P_LEAST)}` : score(p);
}
