import type { Audit } from "../../api/types";
import { auditState, isSilent } from "../../lib/words";
import { StateLabel } from "../state-label";

/** An audit's state in words. One whose worker has gone silent is not said to be running as if nothing were. */
export function AuditState({ audit, seenAt }: { audit: Audit; seenAt: number }) {
  const words = auditState(audit);
  if (isSilent(audit, seenAt))
    return <StateLabel state="silent" words={`Worker silent · ${words}`} />;
  return <StateLabel state={audit.state} words={words} />;
}
