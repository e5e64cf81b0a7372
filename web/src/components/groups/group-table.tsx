import type { FlaggedInGroup, Group, Grouping, Rate } from "../../api/types";
import { interval } from "../../lib/archaeology";
import { count, counted, part, percent, score } from "../../lib/format";
import { GROUPING_WORDS, whyNoneFlagged } from "../../lib/groupings";
import "./group-table.css";
import { NumberTable } from "../number-table";

interface Props {
  groups: Group[];
  /** Share of each ranking that counts as flagged. */
  share: number;
  /** Whether probes tell how well wrong labels are found. */
  probed: boolean;
  /** A group's examples in the ranking that compares groups in this way. */
  hrefOf: (group: string, grouping: Grouping) => string;
}

/** What each way of comparing groups flags in every group, and how well wrong labels are found there. */
export function GroupTable({ groups, share, probed, hrefOf }: Props) {
  const groupings = groups[0]?.flagged.map(({ grouping }) => grouping) ?? [];
  return (
    <NumberTable label="Groups side by side">
      <thead class="small">
        <tr>
          <th rowSpan={2} scope="col" class="number-table__name">
            Group
          </th>
          <th rowSpan={2} scope="col" title="Examples of the group that are ranked">
            Examples
          </th>
          <th rowSpan={2} scope="col" title="Median of their scores">
            Median score
          </th>
          <th colSpan={groupings.length} scope="colgroup" class="group-table__span">
            Flagged in the top {part(share)} of a ranking, compared
          </th>
          {probed && (
            <th colSpan={2} scope="colgroup" class="group-table__span">
              Probes flagged by label_issue
            </th>
          )}
        </tr>
        <tr>
          {groupings.map((grouping) => (
            <th key={grouping} scope="col" title={GROUPING_WORDS[grouping].meaning}>
              {GROUPING_WORDS[grouping].name.toLowerCase()}
            </th>
          ))}
          {probed && (
            <>
              <th scope="col" title="Recall: share of its planted wrong labels that are found">
                planted errors
              </th>
              <th scope="col" title="False alarms: share of its clean probes">
                clean ones
              </th>
            </>
          )}
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <Row key={group.name ?? null} group={group} probed={probed} hrefOf={hrefOf} />
        ))}
      </tbody>
    </NumberTable>
  );
}

interface RowProps extends Pick<Props, "probed" | "hrefOf"> {
  group: Group;
}

/** The API has no filter for the examples without group, so nothing of theirs is a link. */
function Row({ group, probed, hrefOf }: RowProps) {
  const { name, examples, median, flagged, planted, clean } = group;
  const hrefBy = (grouping: Grouping) => (name == null ? null : hrefOf(name, grouping));
  return (
    <tr>
      <th scope="row" class="number-table__name">
        <span class="group-table__name">{name ?? <span class="quiet">without group</span>}</span>
      </th>
      <td>
        <Linked href={hrefBy("global")} number={examples} of={`examples of ${name}`} />
      </td>
      <td>{median == null ? <span class="quiet small">none has a score</span> : score(median)}</td>
      {flagged.map((one) => (
        <Flagged key={one.grouping} flagged={one} group={name} href={hrefBy(one.grouping)} />
      ))}
      {probed && (
        <>
          <Probes rate={planted} />
          <Probes rate={clean} />
        </>
      )}
    </tr>
  );
}

interface FlaggedProps {
  flagged: FlaggedInGroup;
  group: string | null | undefined;
  href: string | null;
}

function Flagged({ flagged, group, href }: FlaggedProps) {
  const why = whyNoneFlagged(flagged, group);
  if (why !== null) return <td class="group-table__why quiet small">{why}</td>;
  const { name } = GROUPING_WORDS[flagged.grouping];
  return (
    <td>
      <Linked
        href={href}
        number={flagged.flagged}
        of={`flagged of ${group}, compared ${name.toLowerCase()}`}
      />{" "}
      <span class="quiet small">{percent(flagged.share ?? 0)}</span>
    </td>
  );
}

/** A number of examples; a screen reader hears of which. None of them are not shown. */
function Linked({ href, number, of }: { href: string | null; number: number; of: string }) {
  if (href === null || number === 0) return <>{count(number)}</>;
  return (
    <a href={href}>
      {count(number)}
      <span class="unseen"> {of}</span>
    </a>
  );
}

function Probes({ rate }: { rate: Rate | null | undefined }) {
  if (rate == null) return <td class="quiet small">no probes</td>;
  const { probes, flagged } = rate;
  if (rate.rate == null)
    return (
      <td class="quiet small" title={rate.reason ?? undefined}>
        too few to tell
        <span class="group-table__probes">{counted(probes, "probe")}</span>
      </td>
    );
  return (
    <td>
      {interval(rate.rate, rate.interval ?? [])}
      <span class="group-table__probes quiet small">
        {count(flagged)} of {counted(probes, "probe")}
      </span>
    </td>
  );
}
