import type { Audit } from "../api/types";
import { ago, moment } from "../lib/format";
import { auditPath } from "../lib/route";
import { auditCause, auditShape, auditState, pace } from "../lib/words";
import "./list-row.css";
import { StateLabel } from "./state-label";

export function AuditRow({ audit, now }: { audit: Audit; now: number }) {
  const detail =
    audit.state === "running" && audit.progress ? pace(audit.progress) : auditCause(audit, now);
  return (
    <li class="list-row">
      <a class="list-row__name" href={auditPath(audit.id)}>
        {audit.dataset_name}
      </a>
      <div class="list-row__state">
        <StateLabel state={audit.state} words={auditState(audit)} />
        {detail && <p class="list-row__cause quiet small">{detail}</p>}
      </div>
      <p class="list-row__facts quiet small">{auditShape(audit).join(", ")}</p>
      <time
        class="list-row__when quiet small"
        dateTime={audit.created_at}
        title={moment(audit.created_at)}
      >
        {ago(audit.created_at, now)}
      </time>
    </li>
  );
}
