import type { Connection } from "../../api/events";
import type { Audit, AuditEvent } from "../../api/types";
import type { Curves as CurveValues } from "../../lib/curves";
import { bytes, count, counted, duration, percent, score, sentence } from "../../lib/format";
import { isFinal } from "../../lib/live";
import { useNow } from "../../lib/now";
import { auditShape, pace, ROLES, run, steps, vitals } from "../../lib/words";
import { EventLog } from "./event-log";
import { ProvisionalRanking } from "./provisional-ranking";
import { RunsView } from "./runs-view";
import { Steps } from "./steps";
import { TrainingCurves } from "./training-curves";
import "./training-view.css";

interface Props {
  audit: Audit;
  curves: CurveValues;
  log: AuditEvent[];
  connection: Connection;
}

/** Progress and curves, live while the audit runs. */
export function TrainingView({ audit, curves, log, connection }: Props) {
  return (
    <div class="training">
      <p class="quiet small">{recipe(audit)}</p>
      {audit.state === "receiving" && <Receiving audit={audit} />}
      {audit.state === "queued" && <p class="quiet">{expectation(audit)}</p>}
      {(audit.state === "queued" || audit.state === "running") && <Vitals audit={audit} />}
      {audit.state === "running" && <LiveProgress audit={audit} />}
      {connection === "lost" && !isFinal(audit.state) && (
        <p role="status">
          <span aria-hidden="true">⚠</span> The live connection is lost; trying again. The figures
          below are the last ones received.
        </p>
      )}
      {audit.runs > 1 && <RunsView audit={audit} />}
      {audit.kind === "trained" && <TrainingCurves audit={audit} curves={curves} />}
      {curves.epochs.length > 0 && <Values curves={curves} />}
      {audit.state === "running" && curves.epochs.length > 0 && (
        <ProvisionalRanking audit={audit} epochs={curves.epochs.length} />
      )}
      <EventLog log={log} open={!isFinal(audit.state)} />
      <Facts audit={audit} />
    </div>
  );
}

/** Told with the clock, so that a worker that stops is seen to stop. */
function Vitals({ audit }: { audit: Audit }) {
  const now = useNow();
  return <p class="small">{vitals(audit, now)}</p>;
}

/** How to go on: what is shown here comes from elsewhere. */
function Receiving({ audit }: { audit: Audit }) {
  return (
    <p class="quiet">
      Records and gradients are put to <code>{audit.urls.self}</code>;{" "}
      {audit.urls.received && <a href={audit.urls.received}>what has come so far</a>}. It is scored
      once it is completed.
    </p>
  );
}

function LiveProgress({ audit }: { audit: Audit }) {
  const progress = audit.progress;
  if (!progress) return null;
  return (
    <div class="training__progress">
      {audit.runs > 1 && (
        <p class="small">
          {sentence(run(audit))},{" "}
          <span class="quiet">
            {audit.pie && "below one of those that run now: "}
            {ROLES[audit.role]}
          </span>
        </p>
      )}
      <Steps progress={progress} kind={audit.kind} />
      <progress
        class="training__bar"
        aria-label="This step"
        value={progress.step}
        max={Math.max(progress.total, 1)}
      />
      <p class="quiet small">{[steps(progress), pace(progress)].filter(Boolean).join(" · ")}</p>
    </div>
  );
}

function Values({ curves }: { curves: CurveValues }) {
  return (
    <details>
      <summary>Values</summary>
      <table class="training__values">
        <thead>
          <tr>
            <th>Epoch</th>
            <th>Loss</th>
            <th>Accuracy</th>
            <th>Examples/s</th>
          </tr>
        </thead>
        <tbody>
          {curves.epochs.map((epoch, at) => (
            <tr key={epoch}>
              <td>{epoch}</td>
              <td>{score(curves.loss[at] ?? Number.NaN)}</td>
              <td>{percent(curves.accuracy[at] ?? Number.NaN)}</td>
              <td>{count(curves.speed[at] ?? Number.NaN)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Facts({ audit }: { audit: Audit }) {
  const result = audit.result;
  if (!result) return null;
  const { environment, wall_secs, fit_secs, sweep_secs } = result;
  return (
    <dl class="training__facts small">
      {environment && (
        <>
          <dt>Trained on</dt>
          <dd>
            {environment.device_name} ({environment.device}, {environment.threads} threads),
            libtorch {environment.torch}, Unearth {environment.unearth}
          </dd>
        </>
      )}
      <dt>Time</dt>
      <dd>
        {duration(wall_secs)} in all
        {fit_secs != null && `: ${duration(fit_secs)} training`}
        {sweep_secs != null && `, ${duration(sweep_secs)} gradients`}
      </dd>
      {audit.estimate.database_bytes_basis === "measured" && (
        <>
          <dt>Database</dt>
          <dd>{bytes(audit.estimate.database_bytes)} of snapshots, records and scores</dd>
        </>
      )}
      <dt>{audit.kind === "trained" ? "Recipe" : "Posted"}</dt>
      <dd>
        <code>{audit.recipe_hash.slice(0, 12)}</code>
      </dd>
    </dl>
  );
}

function expectation(audit: Audit): string {
  const { seconds, database_bytes } = audit.estimate;
  return `Estimated: ${duration(seconds)} of computing, ${bytes(database_bytes)} in the database. The curves begin with the first epoch.`;
}

function recipe(audit: Audit): string {
  if (!audit.recipe) return auditShape(audit).join(" · ");
  const { model, epochs, checkpoints, width, height, batch_size, precision, split } = audit.recipe;
  return [
    model,
    `${width}×${height} px`,
    counted(epochs, "epoch"),
    counted(checkpoints.length, "checkpoint"),
    `batch ${batch_size}`,
    precision,
    ...(split ? [`trained on ${split}`] : []),
    `seed ${audit.seed}`,
  ].join(" · ");
}
