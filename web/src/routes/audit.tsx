import { ArchaeologyView } from "../components/archaeology/archaeology-view";
import { AuditHead } from "../components/audit/audit-head";
import { readTab, Tabs, tabsOf } from "../components/audit/tabs";
import { CompressionView } from "../components/compression/compression-view";
import { Fetched } from "../components/fetched";
import { GroupsView } from "../components/groups/groups-view";
import { ProblemNote } from "../components/problem-note";
import { TrainingView } from "../components/training/training-view";
import { useLiveAudit } from "../lib/live";
import { useLocation } from "../lib/location";
import { useTitle } from "../lib/title";
import { auditState } from "../lib/words";
import { RankingView } from "./ranking";

/** One audit: its training while it runs, afterwards its examples, what they are and what becomes of them. */
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

  const tabs = tabsOf(audit);
  const tab = readTab(url.searchParams, tabs);
  return (
    <>
      <AuditHead audit={audit} seenAt={live.seenAt} onChange={live.reload} />
      {live.problem && <ProblemNote problem={live.problem} onRetry={live.reload} />}
      {tabs.length > 1 && <Tabs url={url} tabs={tabs} current={tab} />}
      {tab === "training" && (
        <TrainingView
          audit={audit}
          curves={live.curves}
          log={live.log}
          connection={live.connection}
        />
      )}
      {tab === "archaeology" && <ArchaeologyView audit={audit} search={url.searchParams} />}
      {tab === "groups" && <GroupsView audit={audit} search={url.searchParams} />}
      {tab === "compression" && <CompressionView audit={audit} search={url.searchParams} />}
      {tab === "estimate" && (
        <Fetched of="the estimate" code={() => import("../components/estimate/estimate-view")}>
          {({ EstimateView }) => <EstimateView audit={audit} />}
        </Fetched>
      )}
      {tab === "compare" && (
        <Fetched
          of="the comparison"
          code={() => import("../components/comparison/comparison-view")}
        >
          {({ ComparisonView }) => <ComparisonView audit={audit} search={url.searchParams} />}
        </Fetched>
      )}
      {tab === "examples" && <RankingView audit={audit} search={url.searchParams} />}
    </>
  );
}
