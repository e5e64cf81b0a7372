import { useEffect, useState } from "preact/hooks";
import { api, unwrap } from "../api/client";
import { allows, role } from "../api/role";
import { AuditRow } from "../components/audit/audit-row";
import "../components/button.css";
import { DatasetRow } from "../components/datasets/dataset-row";
import { FirstSteps } from "../components/first-steps";
import { ProblemNote } from "../components/problem-note";
import { isFinal } from "../lib/live";
import { useNow } from "../lib/now";
import { usePaged } from "../lib/paged";
import { newAuditPath } from "../lib/route";
import { useStore } from "../lib/store";
import { useTitle } from "../lib/title";
import "./home.css";

const BUSY_MS = 2_000;
const CALM_MS = 15_000;

/** All audits and datasets, newest first. */
export function HomeRoute() {
  useTitle("");
  const now = useNow();
  const mayOperate = allows(useStore(role), "operator");
  const [pollMs, setPollMs] = useState(BUSY_MS);
  const audits = usePaged(
    "audits",
    (after) => unwrap(api.GET("/v1/audits", { params: { query: query(after) } })),
    pollMs,
  );
  const datasets = usePaged(
    "datasets",
    (after) => unwrap(api.GET("/v1/datasets", { params: { query: query(after) } })),
    pollMs,
  );

  const busy =
    audits.data?.some((audit) => !isFinal(audit.state)) ||
    datasets.data?.some((dataset) => dataset.state === "validating");
  useEffect(() => setPollMs(busy ? BUSY_MS : CALM_MS), [busy]);

  const problem = audits.problem ?? datasets.problem;
  const reload = () => {
    audits.reload();
    datasets.reload();
  };
  if (!audits.data || !datasets.data)
    return problem ? (
      <ProblemNote problem={problem} onRetry={reload} />
    ) : (
      <p class="quiet">Loading…</p>
    );

  return (
    <>
      {problem && <ProblemNote problem={problem} onRetry={reload} />}
      {datasets.data.length === 0 && <FirstSteps />}
      {(audits.data.length > 0 || datasets.data.length > 0) && (
        <section class="home__section" aria-labelledby="audits">
          <div class="home__head">
            <h1 id="audits" class="home__title">
              Audits
            </h1>
            {mayOperate && (
              <a class="button button--main" href={newAuditPath()}>
                New audit
              </a>
            )}
          </div>
          {audits.data.length === 0 && (
            <p>
              No audit yet. Open a dataset below and start one: a model is trained on it, and every
              example is ranked by what the training showed.
            </p>
          )}
          <ul class="home__list">
            {audits.data.map((audit, at) => (
              <AuditRow key={audit.id} audit={audit} seenAt={audits.seenAt(at)} now={now} />
            ))}
          </ul>
          <More load={audits.more} />
        </section>
      )}
      {datasets.data.length > 0 && (
        <section class="home__section" aria-labelledby="datasets">
          <h2 id="datasets" class="home__title">
            Datasets
          </h2>
          <ul class="home__list">
            {datasets.data.map((dataset) => (
              <DatasetRow key={dataset.id} dataset={dataset} now={now} />
            ))}
          </ul>
          <More load={datasets.more} />
        </section>
      )}
    </>
  );
}

function More({ load }: { load: (() => void) | null }) {
  if (!load) return null;
  return (
    <button type="button" class="button" onClick={load}>
      Load more
    </button>
  );
}

function query(after: string | undefined) {
  return after === undefined ? { limit: 50 } : { limit: 50, after };
}
