import type { Problem } from "../api/types";
import "./button.css";
import "./problem-note.css";
import { Prose } from "./prose";

interface Props {
  problem: Problem;
  onRetry?: () => void;
}

/** What went wrong, why, and what to do: as the server said it. */
export function ProblemNote({ problem, onRetry }: Props) {
  return (
    <div class="problem-note" role="alert">
      <h2>
        <span aria-hidden="true">✕</span> {problem.title}
      </h2>
      <p>
        <Prose text={problem.detail} />
      </p>
      {problem.errors && problem.errors.length > 0 && (
        <ul class="problem-note__fields">
          {problem.errors.map((error) => (
            <li key={error.field}>
              <code>{error.field}</code> <Prose text={error.detail} />
            </li>
          ))}
        </ul>
      )}
      {problem.hint && (
        <p class="problem-note__hint">
          <Prose text={problem.hint} />
        </p>
      )}
      {problem.request_id && <p class="quiet small">Request {problem.request_id}</p>}
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
