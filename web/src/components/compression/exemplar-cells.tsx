import type { Exemplars } from "../../api/types";
import { count, finely, percent, points } from "../../lib/format";
import { OF_ITS_OWN, OF_UNPRUNED } from "../../lib/level-columns";
import { isQuantised, levelTitle } from "../../lib/levels";
import "./level-table.css";
import { Untold } from "../untold";

interface Props {
  level: string;
  exemplars: Exemplars;
  /** Those of the null population, where there is one. */
  ofNull: Exemplars | null;
  /** Their ranking; null while there is none. */
  href: string | null;
}

/** Where a population disagrees with the unpruned one, and how right both are there and elsewhere. */
export function ExemplarCells({ level, exemplars, ofNull, href }: Props) {
  const { count: found, share, on_a_tie, excess } = exemplars;
  return (
    <>
      <td>
        {href && found > 0 ? (
          <a href={href}>
            {count(found)}
            <span class="unseen"> exemplars: {levelTitle(level)}</span>
          </a>
        ) : (
          count(found)
        )}
        {on_a_tie > 0 && (
          <span
            class="level-table__under quiet small"
            title="Exemplars whose class is tied in either population, so that the tie decided"
          >
            {count(on_a_tie)} on a tie
          </span>
        )}
      </td>
      <td>{finely(share)}</td>
      <td title={ofExcess(level, ofNull)}>{excess == null ? <Untold /> : points(excess)}</td>
      {[...OF_UNPRUNED, ...OF_ITS_OWN].map(([, meaning, value]) => (
        <Share key={meaning} value={value(exemplars, ofNull) ?? null} meaning={meaning} />
      ))}
    </>
  );
}

/** What the excess of a population over the null one says, or why there is none. */
function ofExcess(level: string, ofNull: Exemplars | null): string {
  if (level === "null") return "it is what the others are measured by";
  if (!ofNull) return "there is no null population to measure by";
  if (isQuantised(level))
    return "the null's models were trained apart and these were not, so that they differ less";
  return "share less the null's";
}

function Share({ value, meaning }: { value: number | null; meaning: string }) {
  return (
    <td title={value === null ? "there are no such examples" : meaning}>
      {value === null ? <Untold /> : percent(value)}
    </td>
  );
}
