import { useState } from "preact/hooks";
import type { Statistics } from "../../api/types";
import { hardestClasses } from "../../lib/class-scores";
import { count, counted, score } from "../../lib/format";
import type { View } from "../../lib/url";
import "./class-scores.css";
import { NumberTable } from "../number-table";
import { Untold } from "../untold";

/** Rows that the table shows; a class beyond them is found by the filter. */
const LISTED = 500;

interface Props {
  statistics: Statistics | null;
  view: View;
  hrefOf: (view: View) => string;
}

/** How the scores of each class are distributed, the hardest class first; its name filters the ranking. */
export function ClassScores({ statistics, view, hrefOf }: Props) {
  const [isOpen, setOpen] = useState(false);
  if (!statistics || statistics.classes.length === 0) return null;
  return (
    <details
      class="class-scores small"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>Scores by class</summary>
      {isOpen && <Table statistics={statistics} view={view} hrefOf={hrefOf} />}
    </details>
  );
}

function Table({ statistics, view, hrefOf }: Props & { statistics: Statistics }) {
  const classes = hardestClasses(statistics);
  return (
    <>
      <NumberTable label="Scores by class" class="class-scores__table">
        <thead>
          <tr>
            <th scope="col" class="number-table__name">
              Class
            </th>
            <th scope="col">Examples</th>
            <th scope="col">Mean score</th>
            <th scope="col">Median</th>
            <th scope="col">Standard deviation</th>
          </tr>
        </thead>
        <tbody>
          {classes.slice(0, LISTED).map(({ label, examples, mean, median, std }) => (
            <tr key={label}>
              <th scope="row" class="number-table__name">
                <a
                  href={hrefOf({ ...view, label })}
                  aria-current={label === view.label ? "true" : undefined}
                >
                  <bdi>{label}</bdi>
                </a>
              </th>
              <td>{count(examples)}</td>
              {[mean, median, std].map((value, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns keep their places.
                <td key={at}>{value == null ? <Untold /> : score(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </NumberTable>
      {classes.length > LISTED && (
        <p class="quiet">
          The hardest {count(LISTED)} of {counted(classes.length, "class", "classes")}.
        </p>
      )}
    </>
  );
}
