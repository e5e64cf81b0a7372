import { useEffect, useRef, useState } from "preact/hooks";
import { api, unwrap } from "../api/client";
import { type Connection, follow } from "../api/events";
import type { Audit, AuditEvent } from "../api/types";
import { type Curves, extend, NO_CURVES } from "./curves";
import { record } from "./log";
import { type Resource, useResource } from "./resource";

/** Beside the stream, so that heartbeat and queue position stay true and a blocked stream harms little. */
const POLL_MS = 5_000;

/** What the stream tells of an audit between two looks at it. */
type Live = Pick<Audit, "state" | "role" | "runs_done" | "progress">;

export interface LiveAudit extends Resource<Audit> {
  curves: Curves;
  /** What happened beside the curves, the latest last. */
  log: AuditEvent[];
  /** How the event stream is doing. */
  connection: Connection;
}

/** An audit that keeps itself up to date while it runs. */
export function useLiveAudit(id: string): LiveAudit {
  const [pollMs, setPollMs] = useState<number | null>(POLL_MS);
  const audit = useResource(
    id,
    () => unwrap(api.GET("/v1/audits/{id}", { params: { path: { id } } })),
    pollMs,
  );
  const [progress, setProgress] = useState<Live | null>(null);
  const [curves, setCurves] = useState<Curves>(NO_CURVES);
  const [log, setLog] = useState<AuditEvent[]>([]);
  const [connection, setConnection] = useState<Connection>("connecting");

  const final = audit.data !== null && isFinal(audit.data.state);
  useEffect(() => setPollMs(final ? null : POLL_MS), [final]);

  // A retried audit opens a new stream; one that finishes keeps the stream it has.
  const [attempt, setAttempt] = useState(0);
  const wasFinal = useRef(false);
  useEffect(() => {
    if (wasFinal.current && !final) setAttempt((before) => before + 1);
    wasFinal.current = final;
  }, [final]);

  const address = audit.data?.urls.events;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt opens a stream.
  useEffect(() => {
    if (!address) return;
    setCurves(NO_CURVES);
    setLog([]);
    setProgress(null);
    return follow(address, {
      onEvent(event) {
        setCurves((before) => extend(before, event));
        setLog((before) => record(before, event));
        if (event.kind === "recipe") setCurves(NO_CURVES);
        if (["state", "interrupted", "recipe"].includes(event.kind)) {
          setProgress(null);
          audit.reload();
        }
      },
      onProgress: ({ state, role, runs_done, ...live }) =>
        setProgress({ state, role, runs_done, progress: live }),
      onConnection(now) {
        setConnection(now);
        // What was live is stale now; the polled audit is truer.
        if (now === "lost") setProgress(null);
      },
    });
  }, [address, attempt]);

  const data = audit.data && progress && !final ? { ...audit.data, ...progress } : audit.data;
  return { ...audit, data, curves, log, connection };
}

export function isFinal(state: Audit["state"]): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}
