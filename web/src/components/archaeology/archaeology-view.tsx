import { api, unwrap } from "../../api/client";
import type { ArchaeologyReport, Audit } from "../../api/types";
import { count, counted, percent } from "../../lib/format";
import { useResource } from "../../lib/resource";
import { auditPath } from "../../lib/route";
import { readView, withQuery, writeView } from "../../lib/url";
import "./archaeology-view.css";
import { ProblemNote } from "../problem-note";
import { Prose } from "../prose";
import { CategoryCurves } from "./category-curves";
import { CategoryTable } from "./category-table";
import { ConfusionTable } from "./confusion-table";

/** Of which kinds the examples are by the vote of probes, and how far that can be trusted. */
export function ArchaeologyView({ audit, search }: { audit: Audit; search: URLSearchParams }) {
  const found = useResource(`archaeology of ${audit.id}`, () =>
    unwrap(api.GET("/v1/audits/{id}/archaeology", { params: { path: { id: audit.id } } })),
  );
  if (found.problem) return <ProblemNote problem={found.problem} onRetry={found.reload} />;
  if (!found.data) return <p class="quiet">Loading…</p>;
  const { report, report_reason } = found.data;
  if (!report)
    return (
      <p class="quiet">
        There is none: <Prose text={report_reason ?? "the server does not say why."} />
      </p>
    );

  const view = readView(search);
  const hrefOf = (category: string) =>
    withQuery(auditPath(audit.id), writeView({ ...view, subset: null, category }));
  return (
    <div class="archaeology">
      <Verdict report={report} />
      <CategoryTable categories={report.categories} hrefOf={hrefOf} />
      <ConfusionTable report={report} />
      <CategoryCurves categories={report.categories} />
      <p class="archaeology__sources quiet small">
        <Prose text={report.sources} />
      </p>
    </div>
  );
}

/** What a reader must know first. */
function Verdict({ report }: { report: ArchaeologyReport }) {
  const { worked, verdict } = report;
  return (
    <div>
      <p
        class={worked ? "archaeology__verdict" : "archaeology__verdict archaeology__verdict--warns"}
      >
        {!worked && (
          <strong>
            <span aria-hidden="true">⚠</span> Warning:{" "}
          </strong>
        )}
        <Prose text={verdict} />
      </p>
      <p class="quiet small">{facts(report)}</p>
    </div>
  );
}

function facts(report: ArchaeologyReport): string {
  const { voted, tied, not_voted, neighbours, pilot_accuracy, ranked_by, variant } = report;
  return [
    `${counted(voted, "example")} put to the vote of their ${neighbours} nearest probes`,
    `${count(tied)} tied`,
    ...(not_voted > 0 ? [`${count(not_voted)} without a vote: they were not trained on`] : []),
    ...(ranked_by === "difficulty"
      ? ["typical and atypical by the dataset's column difficulty"]
      : []),
    ...(pilot_accuracy != null
      ? [`pilot's accuracy on what it was trained on ${percent(pilot_accuracy)}`]
      : []),
    ...(variant === "authors" ? ["as published by its authors (arXiv 2209.10015)"] : []),
  ].join(" · ");
}
