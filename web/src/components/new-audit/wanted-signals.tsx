import type { FieldError, SignalName } from "../../api/types";
import { type Draft, FREE_SIGNALS } from "../../lib/draft";
import { errorAt } from "../../lib/field-errors";
import { sentence } from "../../lib/format";
import { useSignals } from "../../lib/signals";
import { TextField } from "../form-field";
import { Tick } from "../tick";
import { PieFields } from "./pie-fields";
import "./wanted-signals.css";

interface Props {
  draft: Draft;
  errors: readonly FieldError[];
  onChange: (draft: Draft) => void;
}

const NEW_PIE = { sparsities: "", population: "", null: "", quantise: [], kept: {} } as const;

/** What is to be found out, and what each of it costs in trainings. */
export function WantedSignals({ draft, errors, onChange }: Props) {
  const signals = useSignals();
  const purpose = (name: SignalName) => {
    const words = signals.get(name)?.purpose;
    return words ? `${sentence(words)}.` : "";
  };
  return (
    <div class="wanted-signals">
      <Tick
        label={signals.get("vog")?.title ?? "Variance of gradients"}
        hint={`${purpose("vog")} Costs a pass over all examples at each checkpoint.`.trim()}
        checked={draft.vog}
        onChange={(vog) => onChange({ ...draft, vog })}
      />
      <Tick
        label="Archaeology"
        hint="Of which kind every example is: typical, atypical, randomly labelled or corrupted. Costs a second, short training."
        checked={draft.archaeology !== null}
        onChange={(on) =>
          onChange({
            ...draft,
            preset: "own",
            archaeology: on ? { suiteSize: "", kept: {} } : null,
          })
        }
      />
      {draft.archaeology && (
        <div class="wanted-signals__within form-field__grid">
          <TextField
            label="Probes of each kind"
            hint="Empty: 3 % of the trained examples, 20 to 500."
            numeric
            value={draft.archaeology.suiteSize}
            error={errorAt(errors, "archaeology.suite_size")}
            onChange={(suiteSize) =>
              draft.archaeology &&
              onChange({ ...draft, archaeology: { ...draft.archaeology, suiteSize } })
            }
          />
        </div>
      )}
      <Tick
        label="What compressed models forget"
        hint="Populations of pruned models are compared with unpruned ones. Costs many trainings."
        checked={draft.pie !== null}
        onChange={(on) => onChange({ ...draft, pie: on ? { ...NEW_PIE, quantise: [] } : null })}
      />
      {draft.pie && (
        <PieFields
          pie={draft.pie}
          errors={errors}
          onChange={(pie) => onChange({ ...draft, pie })}
        />
      )}
      <div class="form-field__grid">
        <TextField
          label="Seeds"
          hint="Trainings of the same recipe, 1 to 20. With more than one, every rank comes with its range."
          numeric
          value={draft.seeds}
          error={errorAt(errors, "seeds")}
          onChange={(seeds) => onChange({ ...draft, preset: "own", seeds })}
        />
      </div>
      <details>
        <summary>{FREE_SIGNALS.length} further signals come with any training, at no cost</summary>
        <dl class="wanted-signals__free small">
          {FREE_SIGNALS.map((name) => (
            <div key={name}>
              <dt>{signals.get(name)?.title ?? name}</dt>
              <dd class="quiet">{purpose(name)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
