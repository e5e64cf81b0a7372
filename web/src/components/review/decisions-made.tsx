import type { DecisionOnExample } from "../../api/types";
import { STANDINGS } from "../../lib/standings";

/** Who decided what on an example, the latest first; what was taken back stays in sight. */
export function DecisionsMade({ decisions }: { decisions: DecisionOnExample[] }) {
  if (decisions.length === 0) return null;
  return (
    <ul class="decision-panel__made small" aria-label="Decisions so far">
      {decisions.map((decision) => (
        <li key={decision.action} class={decision.is_undone ? "quiet" : ""}>
          <bdi>{decision.reviewer}</bdi>: {words(decision)}{" "}
          <time class="quiet" dateTime={decision.decided_at}>
            {new Date(decision.decided_at).toLocaleString()}
          </time>
        </li>
      ))}
    </ul>
  );
}

function words({ verdict, label, settles, is_undone }: DecisionOnExample): string {
  const [sign, word] = STANDINGS[verdict];
  const what = label != null ? `${sign} ${label}` : `${sign} ${word}`;
  return [what, ...(settles ? ["settles"] : []), ...(is_undone ? ["taken back"] : [])].join(", ");
}
