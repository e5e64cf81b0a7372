import type { Exemplars, LevelReport, PieTable } from "../../api/types";
import { count, finely, percent } from "../../lib/format";
import { MEANINGS, OF_ITS_OWN, OF_UNPRUNED } from "../../lib/level-columns";
import { exemplarsOf, levelTitle } from "../../lib/levels";
import { nullOf, reached, top1 } from "../../lib/pie";
import { range } from "../../lib/seeds";
import { ExemplarCells } from "./exemplar-cells";
import "./level-table.css";
import { NumberTable } from "../number-table";
import { Untold } from "../untold";

interface Props {
  table: PieTable;
  /** Whose classes and groups are shown below. */
  current: string | null;
  /** Its classes and groups. */
  recallsHref: (level: string) => string;
  /** The ranking of its exemplars; null while there is none. */
  exemplarsHref: ((level: string, subset: string) => string) | null;
}

/** Every population beside the unpruned one, like the table of the paper. */
export function LevelTable({ table, current, recallsHref, exemplarsHref }: Props) {
  const ofNull = nullOf(table)?.exemplars ?? null;
  return (
    <NumberTable label="Populations side by side" class="level-table">
      <Head />
      <tbody>
        {table.levels.map((report) => (
          <Row
            key={report.level}
            report={report}
            ofNull={ofNull}
            isCurrent={report.level === current}
            recallsHref={recallsHref(report.level)}
            exemplarsHref={exemplarsHref?.(report.level, exemplarsOf(report.level)) ?? null}
          />
        ))}
      </tbody>
    </NumberTable>
  );
}

function Head() {
  const meanings = new Map(MEANINGS);
  return (
    <thead class="small">
      <tr>
        <th rowSpan={2} scope="col" class="number-table__name">
          Population
        </th>
        <th rowSpan={2} scope="col">
          Models
        </th>
        {["Top-1", "Sparsity reached", "Agreement", "Ties"].map((title) => (
          <th key={title} rowSpan={2} scope="col" title={meanings.get(title)}>
            {title}
          </th>
        ))}
        <th
          colSpan={3}
          scope="colgroup"
          class="level-table__span"
          title={meanings.get("Exemplars")}
        >
          Exemplars
        </th>
        <th colSpan={3} scope="colgroup" class="level-table__span">
          Top-1 of the unpruned
        </th>
        <th colSpan={2} scope="colgroup" class="level-table__span">
          Its own top-1
        </th>
      </tr>
      <tr>
        <th scope="col">count</th>
        <th scope="col">share</th>
        <th scope="col" title={meanings.get("Over null")}>
          over null
        </th>
        {[...OF_UNPRUNED, ...OF_ITS_OWN].map(([title, meaning]) => (
          <th key={meaning} scope="col" title={meaning}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface RowProps {
  report: LevelReport;
  ofNull: Exemplars | null;
  isCurrent: boolean;
  recallsHref: string;
  exemplarsHref: string | null;
}

function Row({ report, ofNull, isCurrent, recallsHref, exemplarsHref }: RowProps) {
  const { level, models, agreement, ties, layers, exemplars } = report;
  const title = levelTitle(level);
  return (
    <tr>
      <th scope="row" class="number-table__name">
        {level === "unpruned" ? (
          title
        ) : (
          <a href={recallsHref} aria-current={isCurrent ? "true" : undefined}>
            {title}
          </a>
        )}
      </th>
      <td>{count(models)}</td>
      <Top1Cell report={report} />
      <td>{reached(layers) ?? <Untold />}</td>
      <td>{agreement == null ? <Untold /> : percent(agreement)}</td>
      <td>{count(ties)}</td>
      {exemplars ? (
        <ExemplarCells level={level} exemplars={exemplars} ofNull={ofNull} href={exemplarsHref} />
      ) : (
        <td colSpan={8} class="quiet small level-table__why">
          {level === "unpruned"
            ? "what the others are compared with"
            : "no model of it to compare with"}
        </td>
      )}
    </tr>
  );
}

function Top1Cell({ report: { top1: accuracy } }: { report: LevelReport }) {
  if (!accuracy)
    return (
      <td>
        <Untold />
      </td>
    );
  return (
    <td title="mean ± standard deviation over the models">
      {top1(accuracy)}
      {accuracy.min < accuracy.max && (
        <span class="level-table__under quiet small">
          <span class="unseen">from the worst model to the best </span>
          {range(accuracy.min, accuracy.max, finely)}
        </span>
      )}
    </td>
  );
}
