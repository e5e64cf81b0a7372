import type { AuditEvent } from "../../api/types";
import { moment } from "../../lib/format";
import { told } from "../../lib/log";
import "./event-log.css";
import { Prose } from "../prose";

/** What happened, the latest first: its line always, those before at first where `open` says so. */
export function EventLog({ log, open }: { log: AuditEvent[]; open: boolean }) {
  const latest = log.at(-1);
  if (!latest) return null;
  return (
    <details class="event-log small" open={open}>
      <summary>
        Log: <Line event={latest} />
      </summary>
      <ol class="event-log__lines">
        {log
          .slice(0, -1)
          .reverse()
          .map((event) => (
            <li key={event.seq}>
              <Line event={event} />
            </li>
          ))}
      </ol>
    </details>
  );
}

function Line({ event }: { event: AuditEvent }) {
  const { at } = event;
  return (
    <>
      <time class="quiet" dateTime={at} title={moment(at)}>
        {new Date(at).toLocaleTimeString()}
      </time>{" "}
      <Prose text={told(event) ?? ""} />
    </>
  );
}
