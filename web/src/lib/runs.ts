import type { Run } from "../api/types";
import { count, counted } from "./format";
import { levelTitle, memberTitle } from "./levels";
import { phase, silence } from "./words";

/** Trainings of one kind, in the order in which they are begun. */
export interface RunsOfKind {
  title: string;
  runs: Run[];
}

const KINDS: Record<Run["role"], string> = {
  main: "Main run",
  pilot: "Pilot",
  seed: "Other seeds",
  member: "Populations",
};

/** Population by population; trainings that belong to none by what they are for. */
export function runsByKind(runs: Run[]): RunsOfKind[] {
  const kinds = new Map<string, RunsOfKind>();
  for (const run of runs) {
    const title = run.member ? levelTitle(run.member.level) : KINDS[run.role];
    const kind = kinds.get(title) ?? { title, runs: [] };
    kind.runs.push(run);
    kinds.set(title, kind);
  }
  return [...kinds.values()];
}

/** Which training it is. */
export function runTitle({ member, role, ordinal }: Run): string {
  if (!member) return role === "seed" ? `Seed run ${ordinal + 1}` : KINDS[role];
  return role === "main" ? `${memberTitle(member)} (main run)` : memberTitle(member);
}

/** Which training it is, how it stands, who has it and why it failed. */
export function runWords(run: Run): string {
  return `${runTitle(run)}: ${standing(run)}`;
}

function standing({ state, worker, progress, attempts, error }: Run): string {
  switch (state) {
    case "running":
      return [`running on ${worker ?? "a worker"}`, progress ? phase(progress).toLowerCase() : ""]
        .filter(Boolean)
        .join(", ");
    case "succeeded":
      return "done";
    case "failed":
      return `failed after ${counted(attempts, "attempt")}${because(error)}`;
    case "cancelled":
      return "cancelled";
    default:
      return attempts > 0 ? `waiting to go on${because(error)}` : "waiting";
  }
}

function because(error: string | null | undefined): string {
  return error ? `: ${error}` : "";
}

/** What the worker of a running training does: its phase, and whether it still gives signs of life. */
export function doing({ progress, heartbeat_at }: Run, seenAt: number): string {
  const silent = silence(heartbeat_at, seenAt);
  const does = progress ? phase(progress).toLowerCase() : "starting";
  return silent === null ? does : `${does}; no sign of life for ${silent}`;
}

/** `12 of 25 trainings done · 2 running · 1 failed`: states that none is in are not told. */
export function runCounts(runs: Run[]): string {
  const of = (...states: Run["state"][]) =>
    runs.filter(({ state }) => states.includes(state)).length;
  return [
    `${count(of("succeeded"))} of ${counted(runs.length, "training")} done`,
    ...told(of("running"), "running"),
    ...told(of("queued", "receiving"), "waiting"),
    ...told(of("failed"), "failed"),
    ...told(of("cancelled"), "cancelled"),
  ].join(" · ");
}

function told(number: number, state: string): string[] {
  return number > 0 ? [`${count(number)} ${state}`] : [];
}
