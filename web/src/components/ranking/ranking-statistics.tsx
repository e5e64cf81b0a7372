import type { Audit, Statistics } from "../../api/types";
import type { Resource } from "../../lib/resource";
import { hasLevels, type View } from "../../lib/url";
import { ProblemNote } from "../problem-note";
import "./ranking-statistics.css";
import { ReviewBudgets } from "./review-budgets";
import { SeedStability } from "./seed-stability";

/** Whether the statistics of this ranking have something to say; that of populations is of no seed. */
export function hasStatistics(audit: Audit, view: View): boolean {
  return view.signal === "label_issue" || (audit.seeds > 1 && !hasLevels(view.signal));
}

interface Props {
  audit: Audit;
  view: View;
  statistics: Resource<Statistics>;
  hrefOf: (view: View) => string;
}

/** What is known of a ranking as a whole: what a review would find, and how far seeds agree. */
export function RankingStatistics({ audit, view, statistics: found, hrefOf }: Props) {
  if (found.problem) return <ProblemNote problem={found.problem} onRetry={found.reload} />;
  const statistics = found.data;
  return (
    <>
      {view.signal === "label_issue" && (
        <ReviewBudgets statistics={statistics} view={view} hrefOf={hrefOf} />
      )}
      {audit.seeds > 1 && <SeedStability statistics={statistics} seeds={audit.seeds} />}
    </>
  );
}
