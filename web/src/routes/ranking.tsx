import { useCallback } from "preact/hooks";
import { api, unwrap } from "../api/client";
import type { Audit } from "../api/types";
import { Folded } from "../components/folded";
import { ProblemNote } from "../components/problem-note";
import { ClassScores } from "../components/ranking/class-scores";
import { DataMap } from "../components/ranking/data-map";
import { Grid } from "../components/ranking/grid";
import { RankingFiles } from "../components/ranking/ranking-files";
import { RankingFilters } from "../components/ranking/ranking-filters";
import { hasStatistics, RankingStatistics } from "../components/ranking/ranking-statistics";
import { ScoreHistogram } from "../components/ranking/score-histogram";
import { ScoreMeaning } from "../components/ranking/score-meaning";
import { canBeScored, ScoreThis } from "../components/ranking/score-this";
import { SignalChoice } from "../components/ranking/signal-choice";
import { BulkDecision } from "../components/review/bulk-decision";
import { ReviewProgress } from "../components/review/review-progress";
import { count, counted } from "../lib/format";
import { groupingsOf } from "../lib/groupings";
import { comparedLevels } from "../lib/levels";
import { goTo } from "../lib/location";
import { useResource } from "../lib/resource";
import { auditPath } from "../lib/route";
import { useSignals } from "../lib/signals";
import {
  DEFAULT_VIEW,
  HELD_OUT,
  hasLevels,
  readView,
  SIGNALS,
  scoringKey,
  type View,
  withQuery,
  writeView,
} from "../lib/url";
import { useRanking } from "../lib/use-ranking";
import { useStatistics } from "../lib/use-statistics";
import "./ranking.css";

/** The examples of a finished audit, ranked as the address says. */
export function RankingView({ audit, search }: { audit: Audit; search: URLSearchParams }) {
  const view = scoredView(audit, search);
  const ranking = useRanking(audit.id, view);
  const scores = useResource(`scores of ${audit.id}`, () =>
    unwrap(api.GET("/v1/audits/{id}/scores", { params: { path: { id: audit.id } } })),
  );
  const statistics = useStatistics(audit.id, view);
  const signals = useSignals();
  const dataset = useResource(`dataset of ${audit.id}`, () =>
    unwrap(api.GET("/v1/datasets/{id}", { params: { path: { id: audit.dataset_id } } })),
  );
  const { population } = view;
  const subsets = useResource(`${population} subsets of ${audit.id}`, () =>
    unwrap(
      api.GET("/v1/audits/{id}/subsets", {
        params: { path: { id: audit.id }, query: { population } },
      }),
    ),
  );
  const chosen = useResource(`${view.subset} of ${view.share} of ${audit.id} ${population}`, () =>
    subsetOfShare(audit.id, view),
  );
  const hrefOf = useCallback(
    (next: View) => withQuery(auditPath(audit.id), writeView(next)),
    [audit.id],
  );
  const info = ranking.info ?? signals.get(view.signal);
  const mapped = ["confidence", "variability"].every((signal) =>
    audit.signals.some((name) => name === signal),
  );
  const heldOut = (scores.data?.items ?? []).some(
    (set) => set.signal === view.signal && set.scoring.endsWith(HELD_OUT),
  );
  const groupings = groupingsOf(scores.data?.items ?? [], view);
  const groupsSearch = writeView({ ...DEFAULT_VIEW, signal: view.signal, population });
  groupsSearch.set("tab", "groups");
  // What is shown stays where only more of it cannot be loaded.
  const isThere = ranking.started || !ranking.problem;
  const unscored = canBeScored(ranking.problem, view) ? ranking.problem : null;

  return (
    <>
      <SignalChoice
        view={view}
        scores={scores.data?.items ?? []}
        signals={signals}
        hrefOf={hrefOf}
        onChange={(next) => goTo(hrefOf(next))}
      />
      {info && <ScoreMeaning info={info} />}
      {hasStatistics(audit, view) && isThere && (
        <RankingStatistics audit={audit} view={view} statistics={statistics} hrefOf={hrefOf} />
      )}
      {isThere && (
        <>
          <ScoreHistogram statistics={statistics.data} view={view} hrefOf={hrefOf} />
          <ClassScores statistics={statistics.data} view={view} hrefOf={hrefOf} />
        </>
      )}
      {mapped && <DataMap audit={audit} view={view} hrefOf={hrefOf} />}
      <div class="ranking__bar">
        <RankingFilters
          view={view}
          dataset={dataset.data}
          heldOut={heldOut}
          groupings={groupings}
          groupsHref={withQuery(auditPath(audit.id), groupsSearch)}
          subsets={(subsets.data?.items ?? []).map((subset) =>
            chosen.data?.name === subset.name ? chosen.data : subset,
          )}
          levels={comparedLevels(audit.pie)}
          hrefOf={hrefOf}
          onChange={(next) => goTo(hrefOf(next))}
        />
        {!unscored && (
          <p class="ranking__count small" role="status">
            {ranking.started && matches(ranking.matching, ranking.total)}
          </p>
        )}
      </div>
      {!unscored && (
        <>
          <ReviewProgress audit={audit} view={view} hrefOf={hrefOf} />
          <div class="ranking__bar small">
            <Folded title="Files">
              <RankingFiles audit={audit} view={view} />
            </Folded>
            {ranking.started && (
              <BulkDecision
                audit={audit.id}
                view={view}
                matching={ranking.matching}
                classes={dataset.data?.class_names ?? []}
              />
            )}
          </div>
        </>
      )}
      {unscored && (
        <ScoreThis
          key={`${scoringKey(view)} ${unscored.code}`}
          audit={audit}
          view={view}
          reason={unscored}
          onReady={() => {
            scores.reload();
            void ranking.more();
          }}
        />
      )}
      {ranking.problem && !unscored && !ranking.lacksMore && (
        <ProblemNote problem={ranking.problem} onRetry={() => void ranking.more()} />
      )}
      {ranking.started && ranking.finished && ranking.items.length === 0 && (
        <p class="ranking__none">
          No example fits these filters.{" "}
          <a href={hrefOf({ ...DEFAULT_VIEW, signal: view.signal, level: view.level })}>
            Show all examples.
          </a>
        </p>
      )}
      <Grid ranking={ranking} />
    </>
  );
}

/** The subset of a view with the share that its rule takes, where the view names one. */
function subsetOfShare(id: string, { subset, share, population }: View) {
  if (subset === null || share === null) return Promise.resolve(null);
  const path = { id, name: subset };
  const query = { population, share: Number(share) };
  return unwrap(api.GET("/v1/audits/{id}/subsets/{name}", { params: { path, query } }));
}

/** The view of an address; where it names no signal, or of it no level, one that the audit has. */
function scoredView(audit: Audit, search: URLSearchParams): View {
  const view = readView(search);
  if (hasLevels(view.signal) && view.level === null)
    return { ...view, level: comparedLevels(audit.pie)[0] ?? null };
  if (search.has("signal") || audit.signals.includes(view.signal)) return view;
  const signal = SIGNALS.find((name) => audit.signals.includes(name)) ?? view.signal;
  return { ...view, signal };
}

function matches(matching: number | null, total: number): string {
  if (matching === null) return "\u00a0";
  if (matching === total) return counted(total, "example");
  return `${count(matching)} of ${counted(total, "example")}`;
}
