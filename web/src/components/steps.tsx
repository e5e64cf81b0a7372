import type { Progress } from "../api/types";
import "./steps.css";

type Phase = Progress["phase"];

const STEPS: [Phase, string][] = [
  ["loading", "Load"],
  ["training", "Train"],
  ["snapshotting", "Take gradients"],
  ["evaluating", "Evaluate"],
  ["scoring", "Score"],
];

/** The way of a run, with counts. Training and gradients take turns; some runs take no gradients. */
export function Steps({ progress }: { progress: Progress }) {
  return (
    <ol class="steps small" aria-label="Steps">
      {STEPS.filter(([phase]) => phase !== "snapshotting" || progress.checkpoints > 0).map(
        ([phase, name]) => {
          const current = phase === progress.phase;
          const done = !current && isDone(phase, progress);
          return (
            <li key={phase} class="steps__step" aria-current={current ? "step" : undefined}>
              <span aria-hidden="true">{done ? "✓" : current ? "●" : "○"}</span> {name}
              {counts(phase, progress)}
              {done && <span class="unseen"> (done)</span>}
            </li>
          );
        },
      )}
    </ol>
  );
}

function isDone(phase: Phase, progress: Progress): boolean {
  if (phase === "training") return progress.epoch === progress.epochs;
  if (phase === "snapshotting") return progress.checkpoint === progress.checkpoints;
  const order = STEPS.map(([name]) => name);
  return order.indexOf(phase) < order.indexOf(progress.phase);
}

function counts(phase: Phase, progress: Progress): string {
  if (phase === "training") return ` ${progress.epoch}/${progress.epochs}`;
  if (phase === "snapshotting") return ` ${progress.checkpoint}/${progress.checkpoints}`;
  return "";
}
