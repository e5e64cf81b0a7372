import type { Stability, Statistics } from "../../api/types";
import { count, percent, score } from "../../lib/format";
import { agreement, spread } from "../../lib/seeds";
import "../number-table.css";
import "./ranking-statistics.css";

interface Props {
  /** Null while they load; then the line keeps its place, and stays open where it was. */
  statistics: Statistics | null;
  seeds: number;
}

/** How far the rankings of all seeds agree: what of this order is owed to chance. */
export function SeedStability({ statistics, seeds }: Props) {
  const stability = statistics?.stability;
  if (statistics && !stability)
    return (
      <p class="ranking-statistics small">
        The {seeds} seeds are not compared in this ranking: it was scored after the audit, from its
        main run alone.
      </p>
    );
  return (
    <details class="ranking-statistics small">
      <summary>{stability ? agreement(stability) : `Over ${seeds} seeds: loading…`}</summary>
      <div class="ranking-statistics__inside">
        <p>
          The order shown is that of the audit's own seed. Each figure is a mean over all pairs of
          seeds{seeds > 2 && ", with its range: of what was tried, and no interval"}.
        </p>
        {stability && <Agreement stability={stability} scored={statistics.scored} />}
      </div>
    </details>
  );
}

function Agreement({ stability, scored }: { stability: Stability; scored: number }) {
  const { correlation, overlap } = stability;
  return (
    <table class="number-table">
      <thead>
        <tr>
          <th scope="col" class="number-table__name">
            Compared
          </th>
          <th scope="col">Examples</th>
          <th scope="col">Agreement</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row" class="number-table__name">
            Rank correlation (Spearman)
          </th>
          <td>{count(scored)}</td>
          <td>{correlation ? spread(correlation, score) : "too few scores differ"}</td>
        </tr>
        {overlap.map(({ top, k, share }) => (
          <tr key={top}>
            <th scope="row" class="number-table__name">
              In common in <span class="ranking-statistics__top">the first {top}</span>
            </th>
            <td>{count(k)}</td>
            <td>{spread(share, percent)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
