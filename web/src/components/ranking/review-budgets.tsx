import type { BudgetEstimate, Statistics } from "../../api/types";
import { budgetView, estimated, finding } from "../../lib/budgets";
import { count, percent } from "../../lib/format";
import type { View } from "../../lib/url";
import "../number-table.css";
import "./ranking-statistics.css";

interface Props {
  /** Null while they load; then the line keeps its place, and stays open where it was. */
  statistics: Statistics | null;
  view: View;
  hrefOf: (view: View) => string;
}

/** How many wrong labels a review of the first so many is estimated to find. */
export function ReviewBudgets({ statistics, view, hrefOf }: Props) {
  const budgets = statistics?.budgets ?? [];
  const [first] = budgets;
  if (statistics && !first) return null;
  return (
    <details class="ranking-statistics small">
      <summary>Review budgets: {first ? finding(first) : "loading…"}</summary>
      <div class="ranking-statistics__inside">
        <p>
          An estimate from the late epochs' probabilities and confident learning's noise rate,
          optimistic where wrong labels follow a pattern, too low where the model has learned labels
          by heart.
        </p>
        <table class="number-table">
          <thead>
            <tr>
              <th scope="col" class="number-table__name">
                Reviewed
              </th>
              <th scope="col">Examples</th>
              <th scope="col">Estimated wrong</th>
              <th scope="col">Estimated share</th>
            </tr>
          </thead>
          <tbody>
            {budgets.map((budget) => (
              <Row
                key={budget.top}
                budget={budget}
                shown={budgetView(budget, statistics?.scored ?? 0, view)}
                view={view}
                hrefOf={hrefOf}
              />
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

interface RowProps extends Pick<Props, "view" | "hrefOf"> {
  budget: BudgetEstimate;
  /** The view of its examples; null where there is none. */
  shown: View | null;
}

function Row({ budget, shown, view, hrefOf }: RowProps) {
  const { top, k, estimated_wrong, estimated_share } = budget;
  const name = `the first ${top}`;
  const href = shown && hrefOf(shown);
  return (
    <tr aria-current={href === hrefOf(view) ? "true" : undefined}>
      <th scope="row" class="number-table__name ranking-statistics__top">
        {href ? <a href={href}>{name}</a> : name}
      </th>
      <td>{count(k)}</td>
      <td>{estimated_wrong == null ? "–" : estimated(estimated_wrong)}</td>
      <td>{estimated_share == null ? "–" : percent(estimated_share)}</td>
    </tr>
  );
}
