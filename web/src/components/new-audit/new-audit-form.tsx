import { type Dispatch, type StateUpdater, useEffect } from "preact/hooks";
import type { Dataset } from "../../api/types";
import { type Draft, requestOf } from "../../lib/draft";
import { isPlaced, SHOWN_FIELDS } from "../../lib/field-errors";
import { withPreset } from "../../lib/presets";
import { useEstimate } from "../../lib/use-estimate";
import { useStart } from "../../lib/use-start";
import "../button.css";
import { ProblemNote } from "../problem-note";
import { ForeseenCost } from "./foreseen-cost";
import { PresetChoice } from "./preset-choice";
import { RecipeFields } from "./recipe-fields";
import { WantedSignals } from "./wanted-signals";

interface Props {
  dataset: Dataset;
  draft: Draft;
  onDraft: Dispatch<StateUpdater<Draft>>;
}

/** What to find out in a dataset and how, what that costs, and the button that begins it. */
export function NewAuditForm({ dataset, draft, onDraft }: Props) {
  const request = requestOf(draft, dataset.id);
  const foreseen = useEstimate(request.body);
  const usual = useEstimate({ dataset_id: dataset.id });
  const usualEpochs = usual.data?.recipe.epochs ?? null;
  const starting = useStart();

  // A preset reckons from what is usual for this dataset, which is known a moment later.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is usual changes a preset's values.
  useEffect(() => {
    onDraft((now) => (now.preset === "own" ? now : withPreset(now, now.preset, usualEpochs)));
  }, [usualEpochs]);

  const refused = starting.problem ?? (foreseen.stale ? null : foreseen.problem);
  const errors = request.errors ?? refused?.errors ?? [];
  const unplaced = refused && !request.errors && !isPlaced(refused, SHOWN_FIELDS) ? refused : null;
  const change = (next: Draft) => {
    starting.forget();
    onDraft(next);
  };

  return (
    <form
      class="new-audit"
      onSubmit={(event) => {
        event.preventDefault();
        if (request.body) starting.start(request.body);
      }}
    >
      <section class="new-audit__part" aria-labelledby="recipe">
        <h2 id="recipe">How thorough</h2>
        <PresetChoice
          preset={draft.preset}
          onChange={(preset) => change(withPreset(draft, preset, usualEpochs))}
        />
        <RecipeFields
          draft={draft}
          dataset={dataset}
          usual={usual.data?.recipe ?? null}
          resolved={foreseen.data?.recipe ?? null}
          errors={errors}
          onChange={change}
        />
      </section>
      <section class="new-audit__part" aria-labelledby="wanted">
        <h2 id="wanted">What to find out</h2>
        <WantedSignals draft={draft} errors={errors} onChange={change} />
      </section>
      <section class="new-audit__part" aria-labelledby="cost">
        <h2 id="cost">Estimate</h2>
        <ForeseenCost foreseen={foreseen} wrong={unplaced ? 0 : errors.length} />
        {unplaced && <ProblemNote problem={unplaced} />}
        <button
          type="submit"
          class="button button--main new-audit__start"
          disabled={starting.busy || errors.length > 0}
        >
          {starting.busy ? "Starting…" : "Start the audit"}
        </button>
      </section>
    </form>
  );
}
