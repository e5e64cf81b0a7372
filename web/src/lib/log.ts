import type { AuditEvent } from "../api/types";
import { memberTitle } from "./levels";

/** Lines kept: of thousands of trainings the latest tell what matters. */
const KEPT = 200;

/** The log after one more event; epochs are shown as curves. */
export function record(log: AuditEvent[], event: AuditEvent): AuditEvent[] {
  return told(event) === null ? log : [...log, event].slice(-KEPT);
}

const STATES: Record<Extract<AuditEvent, { kind: "state" }>["state"], string> = {
  receiving: "waits for what is posted",
  queued: "waits for a worker",
  running: "begins",
  succeeded: "is finished",
  failed: "failed",
  cancelled: "is cancelled",
};

const TRAININGS: Record<Extract<AuditEvent, { kind: "started" }>["role"], string> = {
  main: "the main training",
  pilot: "the pilot",
  seed: "a training from another seed",
  member: "a model of a population",
};

/** An event in plain words; null of epochs, which are shown as curves. */
export function told(event: AuditEvent): string | null {
  switch (event.kind) {
    case "state":
      return `The audit ${STATES[event.state]}${event.reason ? `: ${event.reason}` : ""}`;
    case "started":
      return started(event);
    case "missing":
      return `${memberTitle(event.member)} failed for good, and the audit goes on without it: ${event.reason}`;
    case "refused":
      return `${event.worker} leaves a training to a worker that can continue it exactly: ${event.reason}`;
    case "recipe":
      return `Everything begins again with batches of ${event.batch_size} and a learning rate of ${event.lr}: ${event.reason}`;
    case "interrupted":
      return `A training was interrupted and will be tried again: ${event.reason}`;
    case "checkpoint":
      return `Gradients after epoch ${event.epoch} are stored, checkpoint ${event.checkpoint} of ${event.checkpoints}`;
    case "epoch":
      return null;
  }
}

function started(event: Extract<AuditEvent, { kind: "started" }>): string {
  const { worker, device, role, attempt, from_epoch } = event;
  const going =
    from_epoch > 0
      ? `goes on with ${TRAININGS[role]} after epoch ${from_epoch}`
      : `begins ${TRAININGS[role]}`;
  return `${worker} ${going} on ${device}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
}
