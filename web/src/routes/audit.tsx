import { ArchaeologyView } from "../components/archaeology-view";
import { AuditHead } from "../components/audit-head";
import { GroupsView } from "../components/groups-view";
import { ProblemNote } from "../components/problem-note";
import { readTab, Tabs } from "../components/tabs";
import { TrainingView } from "../components/training-view";
import { useLiveAudit } from "../lib/live";
import { useLocation } from "../lib/location";
import { useTitle } from "../lib/title";
import { auditState } from "../lib/words";
import { RankingView } from "./ranking";

/** One audit: its training while it runs, afterwards its examples, of which kinds and groups they are. */
export function AuditRoute({ id }: { id: string }) {
  const live = useLiveAudit(id);
  const url = useLocation();
  const audit = live.data;
  useTitle(audit ? `${audit.dataset_name}: ${auditState(audit)}` : "Audit");

  if (!audit)
    return live.problem ? (
      <ProblemNote problem={live.problem} onRetry={live.reload} />
    ) : (
      <p class="quiet">Loading…</p>
    );

  const finished = audit.state === "succeeded";
  const tab = finished ? readTab(url.searchParams) : "training";
  return (
    <>
      <AuditHead audit={audit} onChange={live.reload} />
      {live.problem && <ProblemNote problem={live.problem} onRetry={live.reload} />}
      {finished && <Tabs url={url} current={tab} />}
      {tab === "training" && (
        <TrainingView audit={audit} curves={live.curves} connection={live.connection} />
      )}
      {tab === "archaeology" && <ArchaeologyView audit={audit} search={url.searchParams} />}
      {tab === "groups" && <GroupsView audit={audit} search={url.searchParams} />}
      {tab === "examples" && <RankingView audit={audit} search={url.searchParams} />}
    </>
  );
}
