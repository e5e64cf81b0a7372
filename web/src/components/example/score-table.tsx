import type { ExampleScore, SignalInfo } from "../../api/types";
import { count, percentile, score } from "../../lib/format";
import { rankRange, valueRange } from "../../lib/seeds";
import { direction, meaning, useSignals } from "../../lib/signals";
import { SIGNALS, scoringKey, type View } from "../../lib/url";
import { Prose } from "../prose";
import { ScoreName } from "./score-name";
import "./score-table.css";

/** Every score of one example, with where it stands and what it means. */
export function ScoreTable({ scores, view }: { scores: ExampleScore[]; view: View }) {
  const signals = useSignals();
  const shown = [...scores].sort((a, b) => SIGNALS.indexOf(a.signal) - SIGNALS.indexOf(b.signal));
  const used = SIGNALS.flatMap((name) => {
    const info = signals.get(name);
    return info && scores.some((one) => one.signal === name) ? [info] : [];
  });
  return (
    <section aria-labelledby="scores">
      <h2 id="scores">Scores</h2>
      <table class="score-table">
        <thead class="small">
          <tr>
            <th scope="col">Signal</th>
            <th scope="col" class="score-table__number">
              Value
            </th>
            <th
              scope="col"
              class="score-table__number score-table__extra"
              title="Standard deviations from the mean of the examples with the same given label"
            >
              In its class
            </th>
            <th scope="col" class="score-table__number">
              Rank
            </th>
            <th scope="col" title="Share of the examples that are no harder by this signal">
              Percentile
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <Row
              key={`${one.signal} ${one.scoring}`}
              score={one}
              info={signals.get(one.signal)}
              current={one.signal === view.signal && one.scoring === scoringKey(view)}
            />
          ))}
        </tbody>
      </table>
      {scores.some((one) => one.over_seeds) && (
        <p class="score-table__note quiet small">
          Below score and rank: their range over all seeds of the audit, which is what was tried and
          no interval.
        </p>
      )}
      <details class="small score-table__meanings">
        <summary>What these numbers mean</summary>
        <dl>
          {used.map((info) => (
            <Meaning key={info.name} info={info} />
          ))}
        </dl>
      </details>
    </section>
  );
}

interface RowProps {
  score: ExampleScore;
  info: SignalInfo | undefined;
  current: boolean;
}

function Row({ score: one, info, current }: RowProps) {
  const hint = info ? meaning(info) : one.title;
  return (
    <tr aria-current={current ? "true" : undefined}>
      <th scope="row">
        <ScoreName score={one} info={info} />
      </th>
      <td class="score-table__number score-table__value" title={one.value_reason ?? hint}>
        {one.value == null ? (
          <span class="quiet small">{one.value_reason ?? "none"}</span>
        ) : (
          score(one.value)
        )}
        {one.over_seeds && <OverSeeds range={valueRange(one.over_seeds)} />}
      </td>
      <td
        class="score-table__number score-table__extra"
        title={one.value_normalised_reason ?? "standard deviations from its class's mean"}
      >
        {one.value_normalised == null ? (
          <span class="quiet">–</span>
        ) : (
          `${one.value_normalised > 0 ? "+" : ""}${score(one.value_normalised)} σ`
        )}
      </td>
      <td class="score-table__number">
        {count(one.rank)}
        {one.over_seeds && <OverSeeds range={rankRange(one.over_seeds)} />}
      </td>
      <td>
        {one.percentile != null && (
          <span class="score-table__place">
            <meter min={0} max={100} value={one.percentile} aria-hidden="true" />
            {percentile(one.percentile)}
          </span>
        )}
      </td>
    </tr>
  );
}

/** What the seeds of the audit make of a number, below it. */
function OverSeeds({ range }: { range: string | null }) {
  if (range === null) return null;
  return (
    <span class="score-table__seeds quiet small" title="Range over all seeds of the audit">
      <span class="unseen">over the seeds </span>
      {range}
    </span>
  );
}

function Meaning({ info }: { info: SignalInfo }) {
  return (
    <>
      <dt>{info.title}</dt>
      <dd>
        {info.formula}. {info.range}, in {info.unit}; {direction(info)}. From {info.logits}. It{" "}
        <Prose text={info.purpose} />. <span class="quiet">{info.source}.</span>
      </dd>
    </>
  );
}
