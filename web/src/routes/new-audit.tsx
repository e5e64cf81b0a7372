import { type Dispatch, type StateUpdater, useState } from "preact/hooks";
import { api, unwrap } from "../api/client";
import { UploadField } from "../components/datasets/upload-field";
import { ChosenDataset } from "../components/new-audit/chosen-dataset";
import { DatasetChoice } from "../components/new-audit/dataset-choice";
import { NewAuditForm } from "../components/new-audit/new-audit-form";
import { ProblemNote } from "../components/problem-note";
import { draftLike } from "../lib/clone";
import { type Draft, NEW_DRAFT } from "../lib/draft";
import { moveTo, readOn } from "../lib/location";
import { useResource } from "../lib/resource";
import { auditPath, newAuditPath } from "../lib/route";
import { useTitle } from "../lib/title";
import { useDataset } from "../lib/use-dataset";
import "./new-audit.css";

interface Props {
  /** Id of the dataset that is chosen already. */
  dataset: string | null;
  /** Id of the audit that the choices are taken from. */
  like: string | null;
}

/** Puts an audit together: a dataset, what to find out, how to train, at which cost. */
export function NewAuditRoute({ dataset, like }: Props) {
  useTitle("New audit");
  if (like) return <Like id={like} dataset={dataset} />;
  return <NewAudit dataset={dataset} initial={NEW_DRAFT} like={null} />;
}

function Like({ id, dataset }: { id: string; dataset: string | null }) {
  const audit = useResource(id, () =>
    unwrap(api.GET("/v1/audits/{id}", { params: { path: { id } } })),
  );
  if (audit.problem) return <ProblemNote problem={audit.problem} onRetry={audit.reload} />;
  if (!audit.data) return <p class="quiet">Loading…</p>;
  const initial = draftLike(audit.data);
  if (!initial)
    return (
      <p>
        This audit was trained elsewhere, so it cannot be run here again.{" "}
        <a href={auditPath(id)}>Back to it.</a>
      </p>
    );
  return <NewAudit dataset={dataset ?? audit.data.dataset_id} initial={initial} like={id} />;
}

interface NewAuditProps extends Props {
  initial: Draft;
}

function NewAudit({ dataset, initial, like }: NewAuditProps) {
  const [draft, setDraft] = useState(initial);
  // An address with `like` names its dataset already; then only choosing tells that none is wanted.
  const [choosing, setChoosing] = useState(dataset === null);
  const choose = (id: string) => {
    setChoosing(false);
    moveTo(newAuditPath({ dataset: id, ...(like && { like }) }));
    readOn();
  };
  return (
    <div class="new-audit">
      <div>
        <h1 class="new-audit__title">New audit</h1>
        {like && (
          <p>
            With the choices of <a href={auditPath(like)}>an earlier audit</a>; change what should
            differ. Suites of probes of your own and windows of checkpoints are not copied.
          </p>
        )}
      </div>
      {choosing || dataset === null ? (
        <section class="new-audit__part" aria-labelledby="dataset">
          <h2 id="dataset">Dataset</h2>
          <div class="new-audit__ways">
            <UploadField onUploaded={({ id }) => choose(id)} />
            <DatasetChoice onChoose={({ id }) => choose(id)} />
          </div>
        </section>
      ) : (
        <OfDataset
          key={dataset}
          id={dataset}
          draft={draft}
          onDraft={setDraft}
          onAnother={() => {
            setChoosing(true);
            readOn();
          }}
        />
      )}
    </div>
  );
}

interface OfDatasetProps {
  id: string;
  draft: Draft;
  onDraft: Dispatch<StateUpdater<Draft>>;
  onAnother: () => void;
}

function OfDataset({ id, draft, onDraft, onAnother }: OfDatasetProps) {
  const dataset = useDataset(id);
  return (
    <>
      <section class="new-audit__part" aria-labelledby="dataset">
        <h2 id="dataset">Dataset</h2>
        {dataset.problem && <ProblemNote problem={dataset.problem} onRetry={dataset.reload} />}
        {dataset.data ? (
          <ChosenDataset dataset={dataset.data} onChange={onAnother} />
        ) : dataset.problem ? (
          <button type="button" class="button" onClick={onAnother}>
            Choose another
          </button>
        ) : (
          <p class="quiet">Loading…</p>
        )}
      </section>
      {dataset.data?.state === "ready" && (
        <NewAuditForm dataset={dataset.data} draft={draft} onDraft={onDraft} />
      )}
    </>
  );
}
