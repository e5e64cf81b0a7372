import type { ComponentChildren } from "preact";
import type { Audit, Sample, SignalInfo, StratumOfSample, WrongLabels } from "../../api/types";
import { ago, count, counted, moment } from "../../lib/format";
import { useNow } from "../../lib/now";
import { samplePath } from "../../lib/route";
import { rankingName } from "../../lib/signals";
import { bandOf, between, hasGroups } from "../../lib/strata";
import "../button.css";
import { NumberTable } from "../number-table";
import "./sample-report.css";
import { Untold } from "../untold";

interface Props {
  audit: Audit;
  sample: Sample;
  signals: Map<string, SignalInfo>;
}

/** How far the review of a sample has come, and what is estimated from it, stratum by stratum. */
export function SampleReport({ audit, sample, signals }: Props) {
  const now = useNow();
  const title = `sample-${sample.id}`;
  const { examples, judged, unjudged, created_at } = sample;
  const isOpen = judged + unjudged < examples;
  return (
    <article class="sample-report" aria-labelledby={title}>
      <h3 id={title}>
        {rankingName(sample.signal, signals)}, drawn{" "}
        <time dateTime={created_at} title={moment(created_at)}>
          {ago(created_at, now)}
        </time>
      </h3>
      <p>
        {count(judged)} of {counted(examples, "example")} judged
        {unjudged > 0 && `, ${count(unjudged)} looked at and not judged`}.{" "}
        {isOpen && (
          <a class="button" href={samplePath(audit.id, sample.id)}>
            {judged + unjudged > 0 ? "Go on reviewing" : "Review it"}
          </a>
        )}
      </p>
      <Totals sample={sample} />
      <Strata sample={sample} labelledBy={title} />
      {unjudged > 0 && (
        <p class="quiet small">
          Those that were not judged are taken to be like the others of their stratum.
        </p>
      )}
    </article>
  );
}

function Totals({ sample: { wrong, left, strata } }: { sample: Sample }) {
  const all = strata.reduce((sum, stratum) => sum + stratum.examples, 0);
  if (!wrong) {
    const missing = strata.filter(({ judged }) => judged === 0).length;
    return (
      <p class="quiet">
        No estimate yet: in {count(missing)} of {counted(strata.length, "stratum", "strata")} no
        example has been judged.
      </p>
    );
  }
  return (
    <dl class="sample-report__totals">
      <Total name={`Wrong among ${count(all)}`} estimate={wrong}>
        with 95 % confidence
      </Total>
      {left && (
        <Total name="Left" estimate={left}>
          that no decision has changed yet
        </Total>
      )}
    </dl>
  );
}

interface TotalProps {
  name: string;
  estimate: WrongLabels;
  children: ComponentChildren;
}

function Total({ name, estimate, children }: TotalProps) {
  return (
    <div>
      <dt class="quiet small">{name}</dt>
      <dd>
        <span class="sample-report__number">about {count(estimate.examples)}</span>{" "}
        <span class="small">
          {between(estimate)} <span class="quiet">{children}</span>
        </span>
      </dd>
    </div>
  );
}

/** Rows of the table at most; groups can be many. */
const LISTED = 500;

function Strata({ sample: { strata }, labelledBy }: { sample: Sample; labelledBy: string }) {
  const grouped = hasGroups(strata);
  const most = Math.max(...strata.map((stratum) => stratum.estimate?.high ?? 0));
  return (
    <NumberTable labelledBy={labelledBy} class="small">
      <thead>
        <tr>
          <th scope="col" class="number-table__name">
            Ranks
          </th>
          {grouped && <th scope="col">Group</th>}
          <th scope="col">Examples</th>
          <th scope="col">Drawn</th>
          <th scope="col">Judged</th>
          <th scope="col">Not judged</th>
          <th scope="col">Wrong of these</th>
          <th scope="col">Wrong in all</th>
          <th scope="col" title="With 95 % confidence: Jeffreys' interval">
            between
          </th>
          <td />
        </tr>
      </thead>
      <tbody>
        {strata.slice(0, LISTED).map((stratum) => (
          <tr key={`${stratum.first_rank} ${stratum.group}`}>
            <th scope="row" class="number-table__name">
              {bandOf(stratum)}
            </th>
            {grouped && (
              <td>
                <bdi>{stratum.group ?? "without"}</bdi>
              </td>
            )}
            <td>{count(stratum.examples)}</td>
            <td>{count(stratum.drawn)}</td>
            <td>{count(stratum.judged)}</td>
            <td>{count(stratum.unjudged)}</td>
            <td>{count(stratum.wrong)}</td>
            <Estimated stratum={stratum} most={most} />
          </tr>
        ))}
      </tbody>
    </NumberTable>
  );
}

function Estimated({ stratum: { estimate }, most }: { stratum: StratumOfSample; most: number }) {
  if (!estimate)
    return (
      <>
        <td>
          <Untold />
        </td>
        <td />
        <td />
      </>
    );
  return (
    <>
      <td>{count(estimate.examples)}</td>
      <td>{between(estimate)}</td>
      <td class="sample-report__plot">
        <Interval estimate={estimate} most={most} />
      </td>
    </>
  );
}

/** The interval as a line and the estimate as a mark on it, from 0 to the most of all strata. */
function Interval({
  estimate: { low, high, examples },
  most,
}: {
  estimate: WrongLabels;
  most: number;
}) {
  const at = (value: number) => (most > 0 ? (100 * value) / most : 0);
  return (
    <svg
      viewBox="0 0 100 12"
      preserveAspectRatio="none"
      class="sample-report__interval"
      aria-hidden="true"
    >
      <line x1={at(low)} x2={at(high)} y1="6" y2="6" />
      <line x1={at(examples)} x2={at(examples)} y1="1" y2="11" />
    </svg>
  );
}
