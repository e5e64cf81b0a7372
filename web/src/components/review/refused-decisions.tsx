import { drop, refused, send } from "../../lib/review";
import { useStore } from "../../lib/store";
import "../button.css";
import "./refused-decisions.css";

/** Decisions that the server did not take, until they are sent again or dropped. */
export function RefusedDecisions({ audit }: { audit: string }) {
  const waiting = useStore(refused).filter((one) => one.audit === audit);
  if (waiting.length === 0) return null;
  return (
    <ul class="refused-decisions" role="alert">
      {waiting.map(({ body, problem }) => (
        <li key={body.id}>
          <span aria-hidden="true">✕</span> Not saved: {body.decision} of example{" "}
          {body.examples?.[0]}. {problem.title}: {problem.detail}{" "}
          <button type="button" class="button" onClick={() => void send(audit, body)}>
            Send again
          </button>{" "}
          <button type="button" class="button" onClick={() => drop(body.id)}>
            Drop it
          </button>
        </li>
      ))}
    </ul>
  );
}
