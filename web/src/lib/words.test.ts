import { describe, expect, it } from "vitest";
import type { Audit, Progress } from "../api/types";
import { auditCause, auditState, isSilent, pace, phase, steps, vitals } from "./words";

const now = Date.parse("2026-11-24T12:00:00Z");
const audit = (change: Partial<Audit>) => ({ state: "queued", reason: null, ...change }) as Audit;
const progress = (change: Partial<Progress>): Progress => ({
  phase: "training",
  epoch: 2,
  epochs: 12,
  checkpoint: 1,
  checkpoints: 6,
  step: 10,
  total: 100,
  ...change,
});
const plain = (text: string | null) => text?.replaceAll("\u00a0", " ");

describe("an audit's state", () => {
  it("tells the place in the queue", () => {
    expect(auditState(audit({}))).toBe("Waiting for a worker");
    expect(auditState(audit({ queue_position: 1 }))).toBe("Waiting for a worker, next in line");
    expect(auditState(audit({ queue_position: 3 }))).toBe("Waiting for a worker, 3rd in line");
  });

  it("counts the epoch and the checkpoint it is in from 1", () => {
    expect(phase(progress({}))).toBe("Training, epoch 3 of 12");
    expect(phase(progress({ epoch: 12 }))).toBe("Training, epoch 12 of 12");
    expect(phase(progress({ phase: "snapshotting" }))).toBe("Taking gradients, checkpoint 2 of 6");
  });

  it("tells which run it is where there are several", () => {
    const one = audit({ state: "running", progress: progress({}), runs: 1, runs_done: 0 });
    expect(auditState(one)).toBe("Training, epoch 3 of 12");
    const first: Audit = { ...one, runs: 2, role: "main" };
    expect(auditState(first)).toBe("Training, epoch 3 of 12 · run 1 of 2: main");
    expect(auditState({ ...first, runs_done: 1, role: "pilot" })).toBe(
      "Training, epoch 3 of 12 · run 2 of 2: pilot",
    );
    expect(auditState({ ...first, progress: null })).toBe("Starting · run 1 of 2: main");
  });

  it("tells how many trainings are done where several go on at once", () => {
    const pie = { population: 5 } as NonNullable<Audit["pie"]>;
    const some = audit({ state: "running", progress: progress({}), runs: 25, runs_done: 12, pie });
    expect(auditState({ ...some, role: "member" })).toBe(
      "Training, epoch 3 of 12 · 12 of 25 trainings done",
    );
  });

  it("counts examples, and score sets when scoring", () => {
    expect(plain(steps(progress({})))).toBe("10 of 100 examples");
    const scoring = progress({ phase: "scoring", step: 3, total: 7 });
    expect(plain(steps(scoring))).toBe("3 of 7 score sets");
    expect(steps(progress({ phase: "loading", step: 0, total: 0 }))).toBe("");
  });

  it("tells when it ended, and whether it had begun", () => {
    const ended = { started_at: "2026-11-24T11:00:00Z", finished_at: "2026-11-24T11:03:20Z" };
    expect(plain(auditState(audit({ state: "failed", ...ended })))).toBe("Failed after 3 min 20 s");
    expect(auditState(audit({ state: "cancelled", ...ended, started_at: null }))).toBe(
      "Cancelled before it began",
    );
    expect(auditState(audit({ state: "cancelled" }))).toBe("Cancelled");
  });

  it("tells speed and time only as far as they are known", () => {
    expect(pace(progress({}))).toBe("");
    expect(plain(pace(progress({ examples_per_second: 5123.4, eta_seconds: 75 })))).toBe(
      "5,123 examples/s · about 1 min 15 s left",
    );
  });
});

describe("the cause", () => {
  it("is the server's reason where there is one", () => {
    const failed = audit({ state: "failed", reason: "The loss became infinite." });
    expect(auditCause(failed, now)).toBe("The loss became infinite.");
  });

  it("is silence when the heartbeat stops", () => {
    const beating = audit({ state: "running", worker: "w1", heartbeat_at: "2026-11-24T11:59:50Z" });
    expect(auditCause(beating, now)).toBeNull();
    const silent = { ...beating, heartbeat_at: "2026-11-24T11:58:00Z" };
    expect(plain(auditCause(silent, now))).toContain("No sign of life from w1 for 2 min");
  });
});

describe("signs of life", () => {
  const running = audit({
    state: "running",
    worker: "w1",
    attempts: 1,
    started_at: "2026-11-24T11:48:00Z",
    heartbeat_at: "2026-11-24T11:59:56Z",
  });

  it("tell how long it runs and when its worker was last heard from", () => {
    expect(plain(vitals(running, now))).toBe("Running for 12 min · w1 last heard from just now");
    const late = { ...running, attempts: 2, heartbeat_at: "2026-11-24T11:58:00Z" };
    expect(plain(vitals(late, now))).toBe(
      "Running for 12 min · w1 last heard from 2 min ago · 2nd attempt",
    );
  });

  it("are not asked of an audit that waits", () => {
    const waits = audit({ attempts: 0, created_at: "2026-11-24T11:57:00Z" });
    expect(plain(vitals(waits, now))).toBe("Asked for 3 min ago");
    expect(plain(vitals({ ...waits, attempts: 1 }, now))).toBe(
      "Asked for 3 min ago · begun before",
    );
    expect(isSilent({ ...waits, heartbeat_at: "2026-11-24T11:00:00Z" }, now)).toBe(false);
  });

  it("are missing of a running one only after a while", () => {
    expect(isSilent(running, now)).toBe(false);
    expect(isSilent({ ...running, heartbeat_at: "2026-11-24T11:59:00Z" }, now)).toBe(true);
  });
});
