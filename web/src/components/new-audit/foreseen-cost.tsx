import { bytes, counted, duration } from "../../lib/format";
import type { Foreseen } from "../../lib/use-estimate";
import "./foreseen-cost.css";

interface Props {
  foreseen: Foreseen;
  /** How many fields must be mended before there is an estimate. */
  wrong: number;
}

/** What the audit would cost. The numbers keep their place while they are reckoned again. */
export function ForeseenCost({ foreseen, wrong }: Props) {
  const estimate = wrong > 0 ? undefined : foreseen.data?.estimate;
  const told = (value: number | undefined, words: (value: number) => string) =>
    value === undefined ? "–" : words(value);
  return (
    <>
      <dl class="foreseen-cost" data-stale={foreseen.stale && wrong === 0 ? "" : undefined}>
        <div>
          <dt>Time</dt>
          <dd>{told(estimate?.seconds, (seconds) => `about ${duration(seconds)}`)}</dd>
        </div>
        <div>
          <dt>In the database</dt>
          <dd>{told(estimate?.database_bytes, bytes)}</dd>
        </div>
        <div>
          <dt>Resume point</dt>
          <dd>{told(estimate?.blob_bytes, bytes)}</dd>
        </div>
      </dl>
      <p class="quiet small" role="status">
        {wrong > 0
          ? `No estimate: ${counted(wrong, "field")} above must be mended first.`
          : "Computing time of all its trainings; waiting in the queue comes on top."}
      </p>
    </>
  );
}
