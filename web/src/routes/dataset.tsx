import { api, unwrap } from "../api/client";
import type { Dataset } from "../api/types";
import { AuditRow } from "../components/audit/audit-row";
import { DatasetReport } from "../components/datasets/dataset-report";
import { ProblemNote } from "../components/problem-note";
import { Specimen } from "../components/specimen";
import { StateLabel } from "../components/state-label";
import { datasetFacts } from "../lib/dataset-facts";
import { useNow } from "../lib/now";
import { useResource } from "../lib/resource";
import { newAuditPath } from "../lib/route";
import { useTitle } from "../lib/title";
import { useDataset } from "../lib/use-dataset";
import { useStart } from "../lib/use-start";
import { datasetState } from "../lib/words";
import "./dataset.css";
import "./home.css";

/** One dataset: what was found in it, and the audits of it. */
export function DatasetRoute({ id }: { id: string }) {
  const now = useNow();
  const dataset = useDataset(id);
  const audits = useResource(`audits of ${id}`, () =>
    unwrap(api.GET("/v1/audits", { params: { query: { dataset_id: id, limit: 50 } } })),
  );
  useTitle(dataset.data?.name ?? "Dataset");

  if (dataset.problem && !dataset.data)
    return <ProblemNote problem={dataset.problem} onRetry={dataset.reload} />;
  if (!dataset.data) return <p class="quiet">Loading…</p>;

  return (
    <>
      <header class="dataset__head">
        <h1 class="dataset__name">{dataset.data.name}</h1>
        <StateLabel state={dataset.data.state} words={datasetState(dataset.data)} />
        <p class="quiet">{datasetFacts(dataset.data)}</p>
        {dataset.data.state === "ready" && <StartAudit dataset={dataset.data} />}
      </header>
      <DatasetReport dataset={dataset.data} />
      {audits.data && audits.data.items.length > 0 && (
        <section class="dataset__section" aria-labelledby="audits">
          <h2 id="audits">Audits</h2>
          <ul class="home__list">
            {audits.data.items.map((audit) => (
              <AuditRow key={audit.id} audit={audit} seenAt={audits.seenAt} now={now} />
            ))}
          </ul>
        </section>
      )}
      {dataset.data.state === "ready" && <Sample id={id} />}
    </>
  );
}

function StartAudit({ dataset }: { dataset: Dataset }) {
  const { problem, busy, start } = useStart();
  if (dataset.facts?.modality !== "image")
    return (
      <p class="quiet">
        Its examples are no images, so they are trained on elsewhere: post the records and gradients
        with <code>unearth external</code>.
      </p>
    );
  return (
    <div class="dataset__start">
      <button
        type="button"
        class="button button--main"
        disabled={busy}
        onClick={() => void start({ dataset_id: dataset.id })}
      >
        Start an audit
      </button>
      <a class="button" href={newAuditPath({ dataset: dataset.id })}>
        Choose what it does
      </a>
      {problem && <ProblemNote problem={problem} />}
    </div>
  );
}

/** The first examples, as a look at what was read. */
function Sample({ id }: { id: string }) {
  const sample = useResource(`sample of ${id}`, () =>
    unwrap(
      api.GET("/v1/datasets/{id}/examples", { params: { path: { id }, query: { limit: 24 } } }),
    ),
  );
  if (!sample.data) return sample.problem && <ProblemNote problem={sample.problem} />;
  return (
    <section class="dataset__section" aria-labelledby="sample">
      <h2 id="sample">The first {sample.data.items.length}</h2>
      <ul class="dataset__sample">
        {sample.data.items.map((example) => (
          <li key={example.index} class="dataset__example small">
            <Specimen imageUrl={example.image_url} text={example.text} name={example.key} lazy />
            <span title={example.label ?? ""}>{example.label ?? example.key}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
