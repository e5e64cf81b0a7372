import type { Audit } from "../../api/types";
import { ago, moment } from "../../lib/format";
import { auditPath } from "../../lib/route";
import { auditCause, auditShape, pace } from "../../lib/words";
import { AuditState } from "./audit-state";
import "../list-row.css";

export function AuditRow({ audit, now }: { audit: Audit; now: number }) {
  const detail = auditCause(audit, now) ?? (audit.progress && pace(audit.progress));
  return (
    <li class="list-row">
      <a class="list-row__name" href={auditPath(audit.id)}>
        <bdi>{audit.dataset_name}</bdi>
      </a>
      <div class="list-row__state">
        <AuditState audit={audit} now={now} />
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
