import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { load, peek } from "../api/audited";
import type { AuditedExample } from "../api/types";
import { ExampleFacts } from "../components/example/example-facts";
import { ExampleNav } from "../components/example/example-nav";
import { ExamplePicture } from "../components/example/example-picture";
import { ExemplarTable } from "../components/example/exemplar-table";
import { GradientMaps } from "../components/example/gradient-maps";
import { ScoreTable } from "../components/example/score-table";
import { TrajectoryPlot } from "../components/example/trajectory-plot";
import { ProblemNote } from "../components/problem-note";
import { ExampleDecision } from "../components/review/example-decision";
import { RefusedDecisions } from "../components/review/refused-decisions";
import { mapAt } from "../lib/gradient-map";
import { useKeys } from "../lib/keys";
import { lastOpened } from "../lib/last-opened";
import { leaveTo, moveTo, useLocation } from "../lib/location";
import { useResource } from "../lib/resource";
import { answered } from "../lib/review";
import { auditPath, examplePath } from "../lib/route";
import { useStore } from "../lib/store";
import { useTitle } from "../lib/title";
import { DEFAULT_VIEW, readView, scoringKey, type View, withQuery, writeView } from "../lib/url";
import { useCategories } from "../lib/use-categories";
import { useClasses } from "../lib/use-classes";
import { useNeighbours } from "../lib/use-neighbours";
import { useRanking } from "../lib/use-ranking";
import "./example.css";

/** One example with everything known about it; next and previous follow the grid's order. */
export function ExampleRoute({ id, index }: { id: string; index: number }) {
  const url = useLocation();
  const view = readView(url.searchParams);
  const ranking = useRanking(id, view);
  const said = useStore(answered);
  const isSaid = said.audit === id && said.indices.includes(index);
  const example = useKept(
    id,
    index,
    useResource(`${id}/${index}`, () => load(id, index), null, isSaid ? said : null),
  );
  const classes = useClasses(id);
  const shown = example.data;
  const categories = useCategories(id, shown?.category != null);
  // What is there stays where it cannot be asked for anew: a review goes on without its server. The example before does not.
  const stays = shown !== null && (shown.index === index || !example.problem);
  const checkpoint = Number(url.searchParams.get("checkpoint") ?? Number.NaN);
  useTitle(shown ? [shown.label, shown.key].filter(Boolean).join(": ") : "Example");
  // At once: Esc may come before the next frame.
  useLayoutEffect(() => lastOpened.set(id, index), [id, index]);

  const map = shown ? mapAt(shown.gradients, checkpoint) : undefined;
  const rank = shown?.index === index ? rankIn(shown, view) : null;
  const neighbours = useNeighbours(ranking, index, rank);
  const grid = withQuery(auditPath(id), writeView(view));
  const hrefOf = (other: number) => {
    const search = writeView(view);
    const at = url.searchParams.get("checkpoint");
    if (at !== null) search.set("checkpoint", at);
    return withQuery(examplePath(id, other), search);
  };
  const hrefs = {
    previous: neighbours.previous === null ? null : hrefOf(neighbours.previous),
    next: neighbours.next === null ? null : hrefOf(neighbours.next),
    close: grid,
  };
  const { previous, next, close } = hrefs;
  useKeys({
    ...(next && { next: () => moveTo(next) }),
    ...(previous && { previous: () => moveTo(previous) }),
    close: () => leaveTo(close),
  });

  return (
    <article class="example">
      <ExampleNav hrefs={hrefs} rank={rank} ranking={ranking} />
      <RefusedDecisions audit={id} />
      {example.problem && <ProblemNote problem={example.problem} onRetry={example.reload} />}
      {neighbours.problem && !example.problem && (
        <ProblemNote problem={neighbours.problem} onRetry={neighbours.reload} />
      )}
      {!shown && !example.problem && <p class="quiet">Loading…</p>}
      {stays && (
        <div class="example__body">
          <ExamplePicture example={shown} map={map} />
          <div class="example__judged">
            {shown.index === index && (
              <ExampleDecision
                key={index}
                audit={id}
                example={shown}
                classes={classes}
                ranking={ranking}
                hrefOf={hrefOf}
              />
            )}
            <ExampleFacts
              example={shown}
              groupHref={groupHref(id, view, shown.group)}
              categoryHref={(category) =>
                withQuery(auditPath(id), writeView({ ...view, category }))
              }
              archaeologyHref={`${auditPath(id)}?tab=archaeology`}
            />
          </div>
          <GradientMaps
            maps={shown.gradients}
            chosen={map}
            droppedAt={shown.snapshots_dropped_at ?? null}
          />
          <div class="example__words">
            <ExemplarTable
              exemplars={shown.exemplars}
              hrefOf={({ level, population }) =>
                withQuery(
                  auditPath(id),
                  writeView({ ...DEFAULT_VIEW, signal: "pie", level, population }),
                )
              }
            />
            <ScoreTable scores={shown.scores} view={view} />
            {categories.problem && (
              <ProblemNote problem={categories.problem} onRetry={categories.reload} />
            )}
            <TrajectoryPlot
              trajectory={shown.trajectory}
              label={shown.label}
              categories={categories.data ?? []}
            />
          </div>
        </div>
      )}
    </article>
  );
}

/**
 * What was loaded before it was asked for is shown at once; otherwise the example before stays while the next
 * one loads, so that nothing jumps.
 */
function useKept(
  audit: string,
  index: number,
  resource: ReturnType<typeof useResource<AuditedExample>>,
) {
  const [kept, setKept] = useState<AuditedExample | null>(null);
  const data = resource.data ?? peek(audit, index);
  useEffect(() => {
    if (data) setKept(data);
  }, [data]);
  return { ...resource, data: data ?? kept };
}

function rankIn(example: AuditedExample, view: View): number | null {
  const key = scoringKey(view);
  const score = example.scores.find((one) => one.signal === view.signal && one.scoring === key);
  return score?.rank ?? null;
}

function groupHref(id: string, view: View, group: string | null | undefined): string | null {
  return group ? withQuery(auditPath(id), writeView({ ...view, group })) : null;
}
