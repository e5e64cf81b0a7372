import { useEffect, useState } from "preact/hooks";
import { api, unwrap } from "../../api/client";
import type { Dataset } from "../../api/types";
import { datasetFacts } from "../../lib/dataset-facts";
import { count, counted } from "../../lib/format";
import { matching } from "../../lib/matching";
import { usePaged } from "../../lib/paged";
import { datasetState } from "../../lib/words";
import "../button.css";
import "./dataset-choice.css";
import { TextField } from "../form-field";
import { ProblemNote } from "../problem-note";
import { StateLabel } from "../state-label";

const PAGE = 200;
/** As many matches as one looks through; older datasets are searched until there are so many. */
const ENOUGH = 20;

interface Props {
  onChoose: (dataset: Dataset) => void;
}

/** The datasets that are there, newest first, found by typing a part of their name. */
export function DatasetChoice({ onChoose }: Props) {
  const [typed, setTyped] = useState("");
  const datasets = usePaged("datasets to choose from", (after) => {
    const query = after === undefined ? { limit: PAGE } : { limit: PAGE, after };
    return unwrap(api.GET("/v1/datasets", { params: { query } }));
  });
  const all = datasets.data ?? [];
  const found = matching(all, typed, ({ name }) => name);
  const searching = typed.trim() !== "" && found.length < ENOUGH && datasets.more !== null;

  // The server knows no search by name, so pages are fetched until there is enough to show.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each page that came asks for the next.
  useEffect(() => {
    if (searching && !datasets.problem) datasets.more?.();
  }, [searching, all.length]);

  if (datasets.problem && !datasets.data)
    return <ProblemNote problem={datasets.problem} onRetry={datasets.reload} />;
  if (!datasets.data) return <p class="quiet">Loading…</p>;
  if (all.length === 0) return <p class="quiet">There is no dataset yet: send one.</p>;
  return (
    <div class="dataset-choice">
      <TextField label="Find a dataset" value={typed} onChange={setTyped} />
      <ul class="dataset-choice__list" aria-label="Datasets">
        {found.map((dataset) => (
          <li key={dataset.id}>
            <button type="button" class="dataset-choice__option" onClick={() => onChoose(dataset)}>
              <span>{dataset.name}</span>
              <span class="quiet small">
                {dataset.state === "ready" ? (
                  datasetFacts(dataset)
                ) : (
                  <StateLabel state={dataset.state} words={datasetState(dataset)} />
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div class="dataset-choice__foot">
        <p class="quiet small" role="status">
          {told(found.length, all.length, datasets.more !== null, searching)}
        </p>
        {datasets.more && !searching && (
          <button type="button" class="button small" onClick={datasets.more}>
            Load older ones
          </button>
        )}
      </div>
      {datasets.problem && <ProblemNote problem={datasets.problem} onRetry={datasets.reload} />}
    </div>
  );
}

function told(found: number, looked: number, hasMore: boolean, searching: boolean): string {
  const where = `${hasMore ? "the newest " : ""}${counted(looked, "dataset")}`;
  if (searching) return `${count(found)} found among ${where}, searching on…`;
  return found === looked ? `Showing ${where}` : `${count(found)} found among ${where}`;
}
