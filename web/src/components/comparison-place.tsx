import type { Audit } from "../api/types";
import { useResource } from "../lib/resource";
import { ProblemNote } from "./problem-note";

/** The comparison with another audit; its code is fetched when it is first wanted. */
export function ComparisonPlace({ audit, search }: { audit: Audit; search: URLSearchParams }) {
  const code = useResource("code of the comparison", () => import("./comparison-view"));
  if (code.problem) return <ProblemNote problem={code.problem} onRetry={code.reload} />;
  if (!code.data) return <p class="quiet">Loading…</p>;
  const { ComparisonView } = code.data;
  return <ComparisonView audit={audit} search={search} />;
}
