import type { Connection } from "../api/events";
import type { Audit } from "../api/types";
import type { Curves } from "../lib/curves";
import { bytes, count, counted, duration, percent, score, sentence } from "../lib/format";
import { isFinal } from "../lib/live";
import { pace, ROLES, run, steps } from "../lib/words";
import { Curve } from "./curve";
import { Steps } from "./steps";
import "./training-view.css";

interface Props {
  audit: Audit;
  curves: Curves;
  connection: Connection;
}

/** Progress and curves, live while the audit runs. */
export function TrainingView({ audit, curves, connection }: Props) {
  const shared = {
    epochs: curves.epochs,
    checkpoints: curves.checkpoints,
    lastEpoch: audit.recipe.epochs,
  };
  return (
    <div class="training">
      <p class="quiet small">{recipe(audit)}</p>
      {audit.state === "queued" && <p class="quiet">{expectation(audit)}</p>}
      {audit.state === "running" && <LiveProgress audit={audit} />}
      {connection === "lost" && !isFinal(audit.state) && (
        <p role="status">
          <span aria-hidden="true">⚠</span> The live connection is lost; trying again. The figures
          below are the last ones received.
        </p>
      )}
      <div class="training__curves">
        <Curve
          {...shared}
          title="Loss"
          unit="nats"
          values={curves.loss}
          format={score}
          tick={String}
        />
        <Curve
          {...shared}
          title="Accuracy"
          values={curves.accuracy}
          format={percent}
          tick={(share) => `${Math.round(share * 100)} %`}
          highest={1}
        />
        <Curve
          {...shared}
          title="Speed"
          unit="examples/s"
          values={curves.speed}
          format={count}
          tick={count}
        />
      </div>
      <p class="quiet small">
        Means over the training examples of each epoch{audit.runs > 1 && " of the main run"}, in
        flight. A tick on the axis marks an epoch after which gradients were taken.
      </p>
      {curves.epochs.length > 0 && <Values curves={curves} />}
      <Facts audit={audit} />
    </div>
  );
}

function LiveProgress({ audit }: { audit: Audit }) {
  const progress = audit.progress;
  if (!progress) return null;
  return (
    <div class="training__progress">
      {audit.runs > 1 && (
        <p class="small">
          {sentence(run(audit))}, <span class="quiet">{ROLES[audit.role]}</span>
        </p>
      )}
      <Steps progress={progress} />
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

function Values({ curves }: { curves: Curves }) {
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
  const { device_name, device, torch, unearth, threads } = result.environment;
  return (
    <dl class="training__facts small">
      <dt>Trained on</dt>
      <dd>
        {device_name} ({device}, {threads} threads), libtorch {torch}, Unearth {unearth}
      </dd>
      <dt>Time</dt>
      <dd>
        {duration(result.wall_secs)} in all: {duration(result.fit_secs)} training,{" "}
        {duration(result.sweep_secs)} gradients
      </dd>
      {audit.estimate.database_bytes_basis === "measured" && (
        <>
          <dt>Database</dt>
          <dd>{bytes(audit.estimate.database_bytes)} of snapshots, records and scores</dd>
        </>
      )}
      <dt>Recipe</dt>
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
