import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../api/types";
import { extend, NO_CURVES } from "./curves";

let seq = 0;
const meta = () => ({ seq: ++seq, at: "2026-11-24T12:00:00Z" });
const epoch = (at: number, loss = 1 / at): AuditEvent => ({
  ...meta(),
  kind: "epoch",
  role: "main",
  epoch: at,
  epochs: 4,
  loss,
  accuracy: 0.5,
  examples_per_second: 100,
});
const checkpoint = (at: number): AuditEvent => ({
  ...meta(),
  kind: "checkpoint",
  role: "main",
  checkpoint: 1,
  checkpoints: 2,
  epoch: at,
});
const started = (from: number): AuditEvent => ({
  ...meta(),
  kind: "started",
  role: "main",
  worker: "w",
  device: "cpu",
  attempt: 1,
  from_epoch: from,
});
const told = (...events: AuditEvent[]) => events.reduce(extend, NO_CURVES);

describe("curves", () => {
  it("grow by one point per epoch and remember checkpoints", () => {
    const curves = told(started(0), epoch(1), checkpoint(1), epoch(2));
    expect(curves).toEqual({
      epochs: [1, 2],
      loss: [1, 0.5],
      accuracy: [0.5, 0.5],
      speed: [100, 100],
      checkpoints: [1],
    });
  });

  it("forget the epochs that a new attempt trains again", () => {
    const curves = told(epoch(1), checkpoint(1), epoch(2), epoch(3), checkpoint(3), started(1));
    expect(curves.epochs).toEqual([1]);
    expect(curves.checkpoints).toEqual([1]);
  });

  it("are those of the main run, whatever a pilot tells meanwhile", () => {
    const pilot = [started(0), epoch(1, 9)].map((event) => ({ ...event, role: "pilot" }));
    const curves = told(epoch(1), epoch(2), ...(pilot as AuditEvent[]));
    expect(curves.loss).toEqual([1, 0.5]);
  });

  it("take the later word on an epoch that is told twice", () => {
    const curves = told(epoch(1, 3), epoch(2, 3), epoch(1, 9));
    expect(curves.epochs).toEqual([1]);
    expect(curves.loss).toEqual([9]);
  });
});
