import type { Audit, Dataset, Progress } from "../api/types";
import { ago, count, counted, duration, ordinal, percent } from "./format";

/** After this long without a heartbeat the reader is told. Workers send one every few seconds. */
const SILENCE_MS = 45_000;

/** An audit's state in a few words, with what it waits for or does. */
export function auditState(audit: Audit): string {
  switch (audit.state) {
    case "receiving":
      return "Waiting for what is posted";
    case "queued":
      return queued(audit);
    case "running":
      return running(audit);
    case "succeeded":
      return audit.result ? `Finished in ${duration(audit.result.wall_secs)}` : "Finished";
    case "failed":
      return ended("Failed", audit);
    case "cancelled":
      return ended("Cancelled", audit);
  }
}

/** How long an audit has gone on, and whether the worker that has it is alive. */
export function vitals(audit: Audit, now: number): string {
  const { state, started_at, heartbeat_at, worker, attempts, created_at } = audit;
  if (state === "queued")
    return [`Asked for ${ago(created_at, now)}`, ...(attempts > 0 ? ["begun before"] : [])].join(
      " · ",
    );
  const parts: string[] = [];
  if (started_at) parts.push(`Running for ${duration((now - Date.parse(started_at)) / 1000)}`);
  if (heartbeat_at)
    parts.push(`${worker ?? "its worker"} last heard from ${ago(heartbeat_at, now)}`);
  if (attempts > 1) parts.push(`${ordinal(attempts)} attempt`);
  return parts.join(" · ");
}

/** Whether the worker of a running audit gave no sign of life any more when it was seen. */
export function isSilent({ state, heartbeat_at }: Audit, seenAt: number): boolean {
  return state === "running" && silence(heartbeat_at, seenAt) !== null;
}

/** Why it is in this state, where there is something to say. */
export function auditCause(audit: Audit, seenAt: number): string | null {
  if (audit.reason) return audit.reason;
  if (audit.state === "succeeded" && audit.result) return accuracy(audit.result);
  if (audit.state !== "running") return null;
  const silent = silence(audit.heartbeat_at, seenAt);
  if (silent === null) return null;
  return `No sign of life from ${audit.worker ?? "the worker"} for ${silent}; another worker will take over from the last checkpoint.`;
}

/**
 * For how long a worker had been silent when it was seen; null where it was not for long. Of what came since, and was
 * not asked for, nothing is known.
 */
export function silence(heartbeatAt: string | null | undefined, seenAt: number): string | null {
  if (heartbeatAt == null) return null;
  const passed = seenAt - Date.parse(heartbeatAt);
  return passed < SILENCE_MS ? null : duration(passed / 1000);
}

/** Which of several trainings it is, or how many are done where several go on at once; nothing where there is but one. */
export function run({ runs, runs_done, role, pie }: Audit): string {
  if (runs <= 1) return "";
  if (pie) return trainings(runs_done, runs);
  return `run ${Math.min(runs_done + 1, runs)} of ${runs}: ${role}`;
}

/** `12 of 25 trainings done`. */
export function trainings(done: number, all: number): string {
  return `${count(done)} of ${counted(all, "training")} done`;
}

/** What a training is for, where an audit has several. */
export const ROLES: Record<Audit["role"], string> = {
  main: "the training that the signals come from",
  pilot: "a short training that says which examples are typical and which are not",
  seed: "the same training from another seed, to see what is owed to chance",
  member: "a model of a population, of which only what it predicts is kept",
};

/** What a run is doing, counted from 1 as people do. */
export function phase(progress: Progress): string {
  const epoch = Math.min(progress.epoch + 1, progress.epochs);
  const checkpoint = Math.min(progress.checkpoint + 1, progress.checkpoints);
  switch (progress.phase) {
    case "loading":
      return "Loading the dataset";
    case "assembling":
      return "Putting what was posted in order";
    case "training":
      return `Training, epoch ${epoch} of ${progress.epochs}`;
    case "snapshotting":
      return `Taking gradients, checkpoint ${checkpoint} of ${progress.checkpoints}`;
    case "evaluating":
      return "Evaluating the trained model";
    case "scoring":
      return "Scoring every example";
  }
}

/** What a phase counts, where that is not examples. */
const UNITS: Partial<Record<Progress["phase"], string>> = {
  scoring: "score set",
  assembling: "part",
};

/** How far this phase is; nothing where it does not count. */
export function steps(progress: Progress): string {
  if (progress.total === 0) return "";
  const unit = UNITS[progress.phase] ?? "example";
  return `${count(progress.step)} of ${counted(progress.total, unit)}`;
}

/** Speed and remaining time, as far as they are known. */
export function pace(progress: Progress): string {
  const parts: string[] = [];
  if (progress.examples_per_second) parts.push(`${count(progress.examples_per_second)} examples/s`);
  if (progress.eta_seconds != null) parts.push(`about ${duration(progress.eta_seconds)} left`);
  return parts.join(" · ");
}

/** A dataset's state in a few words. */
export function datasetState(dataset: Dataset): string {
  if (dataset.state === "ready") return "Ready";
  if (dataset.state === "failed") return "Refused";
  const progress = dataset.progress;
  if (!progress || progress.total === 0) return "Validating";
  return `Validating, ${count(progress.step)} of ${count(progress.total)}`;
}

/** What became of it and when; an audit may end before it begins. */
function ended(how: string, { started_at, finished_at }: Audit): string {
  if (!finished_at) return how;
  if (!started_at) return `${how} before it began`;
  return `${how} after ${duration((Date.parse(finished_at) - Date.parse(started_at)) / 1000)}`;
}

function running(audit: Audit): string {
  const doing = audit.progress ? phase(audit.progress) : "Starting";
  return [doing, run(audit)].filter(Boolean).join(" · ");
}

function queued(audit: Audit): string {
  const place = audit.queue_position;
  if (place == null) return "Waiting for a worker";
  if (place <= 1) return "Waiting for a worker, next in line";
  return `Waiting for a worker, ${ordinal(place)} in line`;
}

/** Who trained what, in a few parts. */
export function auditShape(audit: Audit): string[] {
  const { recipe, external } = audit;
  if (recipe)
    return [
      recipe.model,
      counted(recipe.epochs, "epoch"),
      counted(recipe.checkpoints.length, "checkpoint"),
      `seed ${audit.seed}`,
    ];
  if (!external) return [];
  const { epochs, checkpoints, logits, map_width, map_height } = external;
  return [
    "external run",
    ...(epochs
      ? [counted(epochs, "epoch"), logits === "in_flight" ? "in flight" : "eval pass"]
      : []),
    ...(checkpoints.length
      ? [counted(checkpoints.length, "checkpoint"), `maps of ${map_width}×${map_height} px`]
      : []),
  ];
}

function accuracy(result: NonNullable<Audit["result"]>): string | null {
  if (result.training_accuracy == null) return null;
  const trained = `Training accuracy ${percent(result.training_accuracy)}`;
  if (result.held_out_accuracy == null) return `${trained}.`;
  return `${trained}, held-out accuracy ${percent(result.held_out_accuracy)}.`;
}
