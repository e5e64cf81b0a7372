import type { Dataset } from "../../api/types";
import { ago, bytes, counted, moment } from "../../lib/format";
import { datasetPath } from "../../lib/route";
import { datasetState } from "../../lib/words";
import "../list-row.css";
import { StateLabel } from "../state-label";

export function DatasetRow({ dataset, now }: { dataset: Dataset; now: number }) {
  const facts = dataset.facts;
  const warnings = dataset.report?.warnings.length ?? 0;
  return (
    <li class="list-row">
      <a class="list-row__name" href={datasetPath(dataset.id)}>
        <bdi>{dataset.name}</bdi>
      </a>
      <div class="list-row__state">
        <StateLabel state={dataset.state} words={datasetState(dataset)} />
        {dataset.error && <p class="list-row__cause quiet small">{dataset.error.detail}</p>}
        {warnings > 0 && <p class="quiet small">{counted(warnings, "warning")}</p>}
      </div>
      <p class="list-row__facts quiet small">
        {facts
          ? [
              counted(facts.examples, "example"),
              facts.classes > 0 ? counted(facts.classes, "class", "classes") : "no labels",
              facts.modality === "image" ? `${facts.width}×${facts.height} px` : facts.modality,
            ].join(", ")
          : bytes(dataset.upload_bytes)}
      </p>
      <time
        class="list-row__when quiet small"
        dateTime={dataset.created_at}
        title={moment(dataset.created_at)}
      >
        {ago(dataset.created_at, now)}
      </time>
    </li>
  );
}
