import { api, unwrap } from "../../api/client";
import type { Audit, PieOfAudit, PieReport, PieTable, Population } from "../../api/types";
import { count, counted, sentence } from "../../lib/format";
import { MEANINGS } from "../../lib/level-columns";
import { comparedLevels } from "../../lib/levels";
import { isFinal } from "../../lib/live";
import { goTo } from "../../lib/location";
import { modelsOf } from "../../lib/pie";
import { useResource } from "../../lib/resource";
import { auditPath } from "../../lib/route";
import { DEFAULT_VIEW, withQuery, writeView } from "../../lib/url";
import "./compression-view.css";
import { Meanings } from "../meanings";
import { ProblemNote } from "../problem-note";
import { Prose } from "../prose";
import { PopulationChoice } from "../ranking/population-choice";
import { LayerTable } from "./layer-table";
import { LevelTable } from "./level-table";
import { RecallView } from "./recall-view";

/** While models are trained, how often it is looked whether every population has one more. */
const POLL_MS = 5_000;

interface Props {
  audit: Audit;
  search: URLSearchParams;
}

/** What compressed models forget: where populations of them disagree with the unpruned ones. */
export function CompressionView({ audit, search }: Props) {
  const final = isFinal(audit.state);
  const found = useResource(
    `populations of ${audit.id}`,
    () => unwrap(api.GET("/v1/audits/{id}/pie", { params: { path: { id: audit.id } } })),
    final ? null : POLL_MS,
    // The report that is made at the end is asked for once more.
    final,
  );
  return (
    <>
      {found.problem && <ProblemNote problem={found.problem} onRetry={found.reload} />}
      {!found.data && !found.problem && <p class="quiet">Loading…</p>}
      {found.data && <Found audit={audit} search={search} found={found.data} />}
    </>
  );
}

function Found({ audit, search, found }: Props & { found: PieOfAudit }) {
  const { report, report_reason, requested } = found;
  if (!report)
    return (
      <p class="quiet">
        {requested ? "There is no comparison yet" : "There is none"}:{" "}
        <Prose text={report_reason ?? "the server does not say why."} />
      </p>
    );
  const population: Population =
    report.held_out && search.get("population") === "held_out" ? "held_out" : "trained";
  const table = (population === "held_out" && report.held_out) || report.trained;
  return (
    <div class="compression">
      <Notes notes={report.notes} />
      <Populations
        audit={audit}
        search={search}
        report={report}
        population={population}
        table={table}
      />
    </div>
  );
}

/** What a reader must know first: what cannot be claimed. */
function Notes({ notes }: { notes: string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul class="compression__notes" aria-label="What cannot be claimed">
      {notes.map((note) => (
        <li key={note}>
          <Prose text={sentence(note)} />.
        </li>
      ))}
    </ul>
  );
}

interface PopulationsProps extends Props {
  report: PieReport;
  population: Population;
  table: PieTable;
}

function Populations({ audit, search, report, population, table }: PopulationsProps) {
  const hrefWith = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    next.set(name, value);
    return withQuery(auditPath(audit.id), next);
  };
  const compared = comparedLevels(audit.pie);
  const level = compared.find((one) => one === search.get("level")) ?? compared[0] ?? null;
  const exemplarsHref = (of: string, subset: string) =>
    withQuery(
      auditPath(audit.id),
      writeView({ ...DEFAULT_VIEW, signal: "pie", level: of, population, subset }),
    );
  return (
    <>
      <section aria-labelledby="populations">
        <h2 id="populations">Populations</h2>
        <p class="compression__reading">{over(audit, report, table, population)}</p>
        {report.held_out && (
          <div class="small">
            <PopulationChoice
              value={population}
              onChange={(chosen) => goTo(hrefWith("population", chosen))}
            />
          </div>
        )}
        <LevelTable
          table={table}
          current={level}
          recallsHref={(of) => hrefWith("level", of)}
          exemplarsHref={audit.state === "succeeded" ? exemplarsHref : null}
        />
        <p class="compression__reading quiet small">
          {audit.state === "succeeded"
            ? "A number of exemplars opens them, those on which the populations differ most first."
            : "The exemplars can be opened when all models are compared."}{" "}
          The name of a population shows its classes and groups below.
        </p>
        <LayerTable {...table} />
        <Meanings of={MEANINGS} />
      </section>
      {level && (
        <RecallView
          audit={audit}
          search={search}
          level={level}
          population={population}
          models={modelsOf(table)}
        />
      )}
    </>
  );
}

/** Over which examples and models the table is. */
function over(audit: Audit, report: PieReport, table: PieTable, population: Population): string {
  const examples = counted(table.examples, "example");
  const which = population === "held_out" ? "not trained on" : "trained on";
  const all = `Over ${examples} that the models were ${which}`;
  if (report.is_complete) return `${all}.`;
  const models = modelsOf(table);
  const of = models === 1 ? "the first model" : `the first ${count(models)} models`;
  const planned = audit.pie ? ` (${count(audit.pie.population)} are asked for)` : "";
  return `${all}, and over ${of} of each population${planned}.`;
}
