import type { Dataset } from "../../api/types";
import { counted } from "../../lib/format";
import "./dataset-report.css";
import { ProblemNote } from "../problem-note";
import { Prose } from "../prose";

/** What validation refused, skipped or wondered about. */
export function DatasetReport({ dataset }: { dataset: Dataset }) {
  const { error, report } = dataset;
  return (
    <>
      {error && (
        <>
          <ProblemNote
            problem={{ type: "", status: 422, title: "The dataset was refused", ...error }}
          />
          <BadExamples title="Examples that could not be read" items={error.bad_examples ?? []} />
        </>
      )}
      {report && (
        <div class="dataset-report">
          {report.warnings.map((warning) => (
            <p key={warning}>
              <span aria-hidden="true">⚠</span> <Prose text={warning} />
            </p>
          ))}
          {report.duplicates.length > 0 && (
            <p class="quiet">{counted(report.duplicates.length, "group")} of exact duplicates.</p>
          )}
          {report.conflicting.length > 0 && (
            <p>
              <span aria-hidden="true">⚠</span> {counted(report.conflicting.length, "group")} of
              equal images under different labels.
            </p>
          )}
          <BadExamples title="Skipped" items={report.skipped} />
        </div>
      )}
    </>
  );
}

type Bad = { name: string; row?: number | null; reason: string };

function BadExamples({ title, items }: { title: string; items: Bad[] }) {
  if (items.length === 0) return null;
  return (
    <details class="dataset-report__bad" open={items.length <= 20}>
      <summary>
        {title} ({items.length})
      </summary>
      <ul>
        {items.map((item) => (
          <li key={`${item.name} ${item.row}`}>
            <code>{item.name}</code>
            {item.row != null && ` row ${item.row}`}: {item.reason}
          </li>
        ))}
      </ul>
    </details>
  );
}
