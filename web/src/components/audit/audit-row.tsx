import type { Audit } from "../../api/types";
import { ago, moment } from "../../lib/format";
import { auditPath } from "../../lib/route";
import { auditCause, auditShape, pace } from "../../lib/words";
import { AuditState } from "./audit-state";
import "../list-row.css";

interface Props {
  audit: Audit;
  /** When what is known of the audit came. */
  seenAt: number;
  now: number;
}

export function AuditRow({ audit, seenAt, now }: Props) {
  const detail = auditCause(audit, seenAt) ?? (audit.progress && pace(audit.progress));
  return (
    <li class="list-row">
      <a class="list-row__name" href={auditPath(audit.id)}>
        <bdi>{audit.dataset_name}</bdi>
      </a>
      <div class="list-row__state">
        <AuditState audit={audit} seenAt={seenAt} />
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
