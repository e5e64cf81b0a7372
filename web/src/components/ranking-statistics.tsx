import { api, unwrap } from "../api/client";
import type { Audit } from "../api/types";
import { useResource } from "../lib/resource";
import { hasLevels, hasWindows, scoringKey, type View } from "../lib/url";
import { ProblemNote } from "./problem-note";
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
  hrefOf: (view: View) => string;
}

/** What is known of a ranking as a whole: what a review would find, and how far seeds agree. */
export function RankingStatistics({ audit, view, hrefOf }: Props) {
  const { signal, window, variant, population, grouping } = view;
  const query = { signal, population, grouping, ...(hasWindows(signal) && { window, variant }) };
  const found = useResource(`statistics of ${audit.id} ${signal} ${scoringKey(view)}`, () =>
    unwrap(api.GET("/v1/audits/{id}/statistics", { params: { path: { id: audit.id }, query } })),
  );
  if (found.problem) return <ProblemNote problem={found.problem} onRetry={found.reload} />;
  const statistics = found.data;
  return (
    <>
      {signal === "label_issue" && (
        <ReviewBudgets statistics={statistics} view={view} hrefOf={hrefOf} />
      )}
      {audit.seeds > 1 && <SeedStability statistics={statistics} seeds={audit.seeds} />}
    </>
  );
}
