import { api, unwrap } from "../../api/client";
import type { Audit, Population } from "../../api/types";
import { comparedLevels, levelTitle } from "../../lib/levels";
import { goTo } from "../../lib/location";
import { nextOrder, RECALL_ORDERS } from "../../lib/pie";
import { useResource } from "../../lib/resource";
import { auditPath } from "../../lib/route";
import { DEFAULT_VIEW, withQuery, writeView } from "../../lib/url";
import { ProblemNote } from "../problem-note";
import { LevelChoice } from "../ranking/level-choice";
import { RecallTable } from "./recall-table";

interface Props {
  audit: Audit;
  search: URLSearchParams;
  level: string;
  population: Population;
  /** Models of each population so far: with one more, everything is another. */
  models: number;
}

/** Which classes and groups a population treats worse or better than the unpruned one. */
export function RecallView({ audit, search, level, population, models }: Props) {
  const { id, pie, state } = audit;
  const found = useResource(`recalls of ${id} ${level} ${population} ${models}`, () =>
    unwrap(
      api.GET("/v1/audits/{id}/pie/{level}", {
        params: { path: { id, level }, query: { population } },
      }),
    ),
  );
  const order = RECALL_ORDERS.find((name) => name === search.get("sort")) ?? RECALL_ORDERS[0];
  const go = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    next.set(name, value);
    goTo(withQuery(auditPath(id), next));
  };
  const ranked = { ...DEFAULT_VIEW, signal: "pie", level, population } as const;
  const hrefOf = (filter: "label" | "group") => (name: string) =>
    withQuery(auditPath(id), writeView({ ...ranked, [filter]: name }));
  return (
    <section aria-labelledby="recalls">
      <h2 id="recalls">Recall by class and by group</h2>
      <p class="compression__reading quiet small">
        Recall is the share of a class's or group's examples that are labelled as given. The change
        is normalised: each recall less the mean accuracy of its population. Below 0, these models
        harm the class or group more than they harm the average example. pp: percentage points.
      </p>
      <div class="small">
        <LevelChoice
          value={level}
          options={comparedLevels(pie)}
          onChange={(chosen) => go("level", chosen)}
        />
      </div>
      {found.problem && <ProblemNote problem={found.problem} onRetry={found.reload} />}
      {!found.data && !found.problem && <p class="quiet">Loading…</p>}
      {found.data?.recalls.map((recalls) => (
        <RecallTable
          key={`${recalls.of} ${level}`}
          recalls={recalls}
          title={levelTitle(level)}
          order={order}
          onReorder={() => go("sort", nextOrder(order))}
          hrefOf={state === "succeeded" ? hrefOf(recalls.of === "class" ? "label" : "group") : null}
        />
      ))}
    </section>
  );
}
