import { useState } from "preact/hooks";
import { api, unwrap } from "../../api/client";
import type { Audit, Run } from "../../api/types";
import { isFinal } from "../../lib/live";
import { useResource } from "../../lib/resource";
import { doing, runCounts, runsByKind, runTitle, runWords } from "../../lib/runs";
import { ProblemNote } from "../problem-note";
import { Prose } from "../prose";
import "./runs-view.css";
import { GLYPHS } from "../state-label";

/** While trainings go on, how often it is looked who has which. */
const POLL_MS = 5_000;

/** Where each training of an audit stands, and which worker has it. */
export function RunsView({ audit }: { audit: Audit }) {
  const final = isFinal(audit.state);
  const found = useResource(
    `trainings of ${audit.id}`,
    () => unwrap(api.GET("/v1/audits/{id}/runs", { params: { path: { id: audit.id } } })),
    final ? null : POLL_MS,
    // One more is done, or all have ended: the poll would tell late.
    `${audit.runs_done} ${audit.state}`,
  );
  const runs = found.data?.items ?? [];
  return (
    <section class="runs" aria-labelledby="trainings">
      <h2 id="trainings">Trainings</h2>
      {found.problem && <ProblemNote problem={found.problem} onRetry={found.reload} />}
      {runs.length > 0 && (
        <>
          <p class="small">{runCounts(runs)}</p>
          <Cells runs={runs} />
          <Running runs={runs.filter(({ state }) => state === "running")} seenAt={found.seenAt} />
          <Failed runs={runs.filter(({ state }) => state === "failed")} />
        </>
      )}
    </section>
  );
}

const STEPS: Record<string, 1 | -1> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** One sign a training, one row a population; the arrow keys go through them, since there may be hundreds. */
function Cells({ runs }: { runs: Run[] }) {
  const [told, setTold] = useState<number | null>(null);
  const kinds = runsByKind(runs);
  const order = kinds.flatMap((kind) => kind.runs);
  const current = order.find(({ ordinal }) => ordinal === told) ?? null;

  const step = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const cells = [...(event.currentTarget as HTMLElement).querySelectorAll("button")];
    cells[cells.indexOf(document.activeElement as HTMLButtonElement) + by]?.focus();
  };

  return (
    <>
      <div
        class="runs__kinds"
        role="toolbar"
        aria-label="Trainings, one by one"
        tabIndex={-1}
        onKeyDown={step}
      >
        {kinds.map(({ title, runs: ofKind }) => (
          <div key={title} class="runs__kind">
            <span class="small">{title}</span>
            <span class="runs__cells">
              {ofKind.map((run) => (
                <button
                  key={run.ordinal}
                  type="button"
                  class="runs__cell"
                  data-state={run.state}
                  aria-label={runWords(run)}
                  tabIndex={run === (current ?? order[0]) ? 0 : -1}
                  onMouseEnter={() => setTold(run.ordinal)}
                  onFocus={() => setTold(run.ordinal)}
                >
                  <span aria-hidden="true">{GLYPHS[run.state]}</span>
                </button>
              ))}
            </span>
          </div>
        ))}
      </div>
      <p class="runs__told quiet small" aria-hidden="true">
        <Prose
          text={
            current ? runWords(current) : "Point at a training to see how it stands and who has it."
          }
        />
      </p>
    </>
  );
}

/** Which worker has which. */
function Running({ runs, seenAt }: { runs: Run[]; seenAt: number }) {
  if (runs.length === 0) return null;
  return (
    <ul class="runs__list small" aria-label="Running now">
      {runs.map((run) => (
        <li key={run.ordinal}>
          <strong>{run.worker ?? "a worker"}</strong> has {runTitle(run)}{" "}
          <span class="quiet">{doing(run, seenAt)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Trainings that failed for good, with the reason. */
function Failed({ runs }: { runs: Run[] }) {
  if (runs.length === 0) return null;
  return (
    <ul class="runs__list small" aria-label="Failed">
      {runs.map((run) => (
        <li key={run.ordinal}>
          <span aria-hidden="true">{GLYPHS.failed}</span> <Prose text={runWords(run)} />
        </li>
      ))}
    </ul>
  );
}
