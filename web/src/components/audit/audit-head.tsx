import { useState } from "preact/hooks";
import { api, problemOf, unwrap } from "../../api/client";
import { allows, role } from "../../api/role";
import type { Audit, Problem } from "../../api/types";
import { isFinal } from "../../lib/live";
import { datasetPath, newAuditPath } from "../../lib/route";
import { useStore } from "../../lib/store";
import { auditCause } from "../../lib/words";
import "./audit-head.css";
import { ProblemNote } from "../problem-note";
import { Prose } from "../prose";
import { AuditState } from "./audit-state";

interface Props {
  audit: Audit;
  onChange: () => void;
}

interface HeadProps extends Props {
  /** When what is known of the audit came. */
  seenAt: number;
}

/** Which audit this is, how it stands and why, and what can be done about it. */
export function AuditHead({ audit, seenAt, onChange }: HeadProps) {
  const cause = auditCause(audit, seenAt);
  return (
    <header class="audit-head">
      <h1 class="audit-head__name">
        <a href={datasetPath(audit.dataset_id)}>
          <bdi>{audit.dataset_name}</bdi>
        </a>
      </h1>
      <div class="audit-head__state" role="status">
        <AuditState audit={audit} seenAt={seenAt} />
        {cause && (
          <p class={audit.state === "failed" ? "" : "quiet"}>
            <Prose text={cause} />
          </p>
        )}
      </div>
      <Actions audit={audit} onChange={onChange} />
      {audit.result?.warnings.map((warning) => (
        <p key={warning} class="audit-head__warning">
          <span aria-hidden="true">⚠</span> <Prose text={warning} />
        </p>
      ))}
    </header>
  );
}

function Actions({ audit, onChange }: Props) {
  const mayOperate = allows(useStore(role), "operator");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  async function ask(action: "cancel" | "retry") {
    const params = { params: { path: { id: audit.id } } };
    setBusy(true);
    setProblem(null);
    try {
      if (action === "cancel") await unwrap(api.POST("/v1/audits/{id}/cancel", params));
      else await unwrap(api.POST("/v1/audits/{id}/retry", params));
      onChange();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
    setBusy(false);
  }

  const action = actionOf(audit.state);
  if (!mayOperate) return null;
  return (
    <div class="audit-head__actions">
      {audit.recipe && (
        <a class="button" href={newAuditPath({ like: audit.id })}>
          Run with changes
        </a>
      )}
      {action && (
        <button type="button" class="button" disabled={busy} onClick={() => ask(action)}>
          {action === "retry" ? "Run again" : "Cancel"}
        </button>
      )}
      {problem && <ProblemNote problem={problem} />}
    </div>
  );
}

function actionOf(state: Audit["state"]): "cancel" | "retry" | null {
  if (state === "succeeded") return null;
  return isFinal(state) ? "retry" : "cancel";
}
