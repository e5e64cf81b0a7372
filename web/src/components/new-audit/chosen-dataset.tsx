import type { Dataset } from "../../api/types";
import { datasetFacts } from "../../lib/dataset-facts";
import { datasetPath } from "../../lib/route";
import { datasetState } from "../../lib/words";
import "../button.css";
import "./chosen-dataset.css";
import { DatasetReport } from "../datasets/dataset-report";
import { StateLabel } from "../state-label";

interface Props {
  dataset: Dataset;
  onChange: () => void;
}

/** The dataset that is to be audited: how far its validation is, and what was found. */
export function ChosenDataset({ dataset, onChange }: Props) {
  return (
    <div class="chosen-dataset">
      <div>
        <p class="chosen-dataset__name">
          <a href={datasetPath(dataset.id)}>{dataset.name}</a>
        </p>
        <p role="status">
          <StateLabel state={dataset.state} words={datasetState(dataset)} />
        </p>
        <p class="quiet">{datasetFacts(dataset)}</p>
      </div>
      <button type="button" class="button" onClick={onChange}>
        Choose another
      </button>
      <div class="chosen-dataset__report">
        <DatasetReport dataset={dataset} />
      </div>
    </div>
  );
}
