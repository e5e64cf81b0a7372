import type { AuditEvent } from "../api/types";

/** What the main run told so far, one entry per finished epoch. */
export interface Curves {
  epochs: number[];
  loss: number[];
  accuracy: number[];
  speed: number[];
  /** Epochs after which gradients were taken. */
  checkpoints: number[];
}

export const NO_CURVES: Curves = {
  epochs: [],
  loss: [],
  accuracy: [],
  speed: [],
  checkpoints: [],
};

/** The curves after one more event. A new attempt forgets what it will train again. */
export function extend(curves: Curves, event: AuditEvent): Curves {
  // Other runs of the audit count their epochs themselves.
  if ("role" in event && event.role !== "main") return curves;
  switch (event.kind) {
    case "epoch":
      return append(keepUpTo(curves, event.epoch - 1), event);
    case "checkpoint":
      return { ...curves, checkpoints: [...curves.checkpoints, event.epoch] };
    case "started":
      return keepUpTo(curves, event.from_epoch);
    default:
      return curves;
  }
}

function append(curves: Curves, event: AuditEvent & { kind: "epoch" }): Curves {
  return {
    epochs: [...curves.epochs, event.epoch],
    loss: [...curves.loss, event.loss],
    accuracy: [...curves.accuracy, event.accuracy],
    speed: [...curves.speed, event.examples_per_second],
    checkpoints: curves.checkpoints,
  };
}

function keepUpTo(curves: Curves, epoch: number): Curves {
  const kept = curves.epochs.filter((at) => at <= epoch).length;
  return {
    epochs: curves.epochs.slice(0, kept),
    loss: curves.loss.slice(0, kept),
    accuracy: curves.accuracy.slice(0, kept),
    speed: curves.speed.slice(0, kept),
    checkpoints: curves.checkpoints.filter((at) => at <= epoch),
  };
}
