import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../api/types";
import { record, told } from "./log";

type Told = AuditEvent extends infer Event
  ? Event extends AuditEvent
    ? Omit<Event, "seq" | "at">
    : never
  : never;

const event = (of: Told, seq = 1) => ({ seq, at: "2026-11-24T12:00:00Z", ...of }) as AuditEvent;
const plain = (text: string | null) => text?.replaceAll("\u00a0", " ");
const begun = {
  kind: "started",
  role: "member",
  worker: "rig-2",
  device: "cuda:0",
  attempt: 1,
  from_epoch: 0,
} as const;
const epoch = {
  kind: "epoch",
  role: "main",
  epoch: 1,
  epochs: 4,
  loss: 1,
  accuracy: 0.5,
  examples_per_second: 9,
} as const;

describe("an event in words", () => {
  it.each<[Told, string]>([
    [{ kind: "state", state: "queued" }, "The audit waits for a worker"],
    [
      { kind: "state", state: "failed", reason: "The loss became infinite." },
      "The audit failed: The loss became infinite.",
    ],
    [begun, "rig-2 begins a model of a population on cuda:0"],
    [
      { ...begun, role: "main", attempt: 2, from_epoch: 3 },
      "rig-2 goes on with the main training after epoch 3 on cuda:0, attempt 2",
    ],
    [
      { kind: "missing", member: { level: "0.9", number: 2 }, reason: "out of memory" },
      "Pruned 90 %, model 3 failed for good, and the audit goes on without it: out of memory",
    ],
    [
      { kind: "refused", worker: "rig-1", reason: "another device" },
      "rig-1 leaves a training to a worker that can continue it exactly: another device",
    ],
    [
      { kind: "checkpoint", role: "main", checkpoint: 2, checkpoints: 3, epoch: 5 },
      "Gradients after epoch 5 are stored, checkpoint 2 of 3",
    ],
    [
      { kind: "recipe", reason: "cuda:0 ran out of memory", batch_size: 64, lr: 0.05 },
      "Everything begins again with batches of 64 and a learning rate of 0.05: cuda:0 ran out of memory",
    ],
    [
      { kind: "interrupted", reason: "its worker was lost" },
      "A training was interrupted and will be tried again: its worker was lost",
    ],
  ])("%o", (of, words) => expect(plain(told(event(of)))).toBe(words));
});

describe("the log", () => {
  it("has no line of what curves show, and keeps the latest", () => {
    expect(record([], event(epoch))).toEqual([]);
    let log: AuditEvent[] = [];
    for (let seq = 1; seq <= 250; seq += 1) log = record(log, event(begun, seq));
    expect(log).toHaveLength(200);
    expect(log.at(-1)?.seq).toBe(250);
  });
});
