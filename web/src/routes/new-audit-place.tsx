import { ProblemNote } from "../components/problem-note";
import { useLocation } from "../lib/location";
import { useResource } from "../lib/resource";

/** The place where an audit is put together; its code is fetched when it is first wanted. */
export function NewAuditPlace() {
  const search = useLocation().searchParams;
  const code = useResource("code", () => import("./new-audit"));
  if (code.problem) return <ProblemNote problem={code.problem} onRetry={code.reload} />;
  if (!code.data) return <p class="quiet">Loading…</p>;
  const { NewAuditRoute } = code.data;
  const like = search.get("like");
  return <NewAuditRoute key={like ?? ""} dataset={search.get("dataset")} like={like} />;
}
