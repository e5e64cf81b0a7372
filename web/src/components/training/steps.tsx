import type { Audit, Progress } from "../../api/types";
import "./steps.css";

type Phase = Progress["phase"];

const STEPS: [Phase, string][] = [
  ["loading", "Load"],
  ["training", "Train"],
  ["snapshotting", "Take gradients"],
  ["evaluating", "Evaluate"],
  ["scoring", "Score"],
];

const EXTERNAL_STEPS: [Phase, string][] = [
  ["loading", "Load"],
  ["assembling", "Put in order"],
  ["scoring", "Score"],
];

interface Props {
  progress: Progress;
  kind: Audit["kind"];
}

/** The way of an audit, with counts. Training and gradients take turns. */
export function Steps({ progress, kind }: Props) {
  const all = kind === "external" ? EXTERNAL_STEPS : STEPS;
  // Some runs take no gradients.
  const taken = all.filter(([phase]) => phase !== "snapshotting" || progress.checkpoints > 0);
  return (
    <ol class="steps small" aria-label="Steps">
      {taken.map(([phase, name]) => {
        const current = phase === progress.phase;
        const done = !current && isDone(phase, progress, all);
        return (
          <li key={phase} class="steps__step" aria-current={current ? "step" : undefined}>
            <span aria-hidden="true">{done ? "✓" : current ? "●" : "○"}</span> {name}
            {counts(phase, progress)}
            {done && <span class="unseen"> (done)</span>}
          </li>
        );
      })}
    </ol>
  );
}

function isDone(phase: Phase, progress: Progress, all: [Phase, string][]): boolean {
  if (phase === "training") return progress.epoch === progress.epochs;
  if (phase === "snapshotting") return progress.checkpoint === progress.checkpoints;
  const order = all.map(([name]) => name);
  return order.indexOf(phase) < order.indexOf(progress.phase);
}

function counts(phase: Phase, progress: Progress): string {
  if (phase === "training") return ` ${progress.epoch}/${progress.epochs}`;
  if (phase === "snapshotting") return ` ${progress.checkpoint}/${progress.checkpoints}`;
  return "";
}
