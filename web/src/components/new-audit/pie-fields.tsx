import type { FieldError } from "../../api/types";
import type { PieDraft, Quantisation } from "../../lib/draft";
import { errorAt } from "../../lib/field-errors";
import { SelectField, TextField } from "../form-field";
import { Tick } from "../tick";
import "./wanted-signals.css";

interface Props {
  pie: PieDraft;
  errors: readonly FieldError[];
  onChange: (pie: PieDraft) => void;
}

const NULLS = [
  ["", "From 5 models a population"],
  ["yes", "Yes"],
  ["no", "No"],
] as const;

const QUANTISATIONS = [
  ["int8", "Rounded to 8-bit integers (int8)"],
  ["fp16", "Rounded to half precision (fp16)"],
] as const;

/** Which populations of models are compared. */
export function PieFields({ pie, errors, onChange }: Props) {
  const quantise = (name: Quantisation, on: boolean) => {
    const others = pie.quantise.filter((other) => other !== name);
    onChange({ ...pie, quantise: on ? [...others, name] : others });
  };
  return (
    <div class="wanted-signals__within">
      <div class="form-field__grid">
        <TextField
          label="Sparsities"
          hint="Shares of weights pruned away, above 0 and below 1, a population each."
          placeholder="0.5, 0.9"
          value={pie.sparsities}
          error={errorAt(errors, "pie.sparsities")}
          onChange={(sparsities) => onChange({ ...pie, sparsities })}
        />
        <TextField
          label="Models in each population"
          hint="Each is a training. The method's authors trained 30."
          placeholder="5"
          numeric
          value={pie.population}
          error={errorAt(errors, "pie.population")}
          onChange={(population) => onChange({ ...pie, population })}
        />
        <SelectField
          label="Second unpruned population"
          hint="Says how far two populations differ by chance."
          options={NULLS}
          value={pie.null}
          error={errorAt(errors, "pie.null")}
          onChange={(value) =>
            onChange({ ...pie, null: NULLS.find(([name]) => name === value)?.[0] ?? "" })
          }
        />
      </div>
      <div class="wanted-signals__row">
        {QUANTISATIONS.map(([name, words]) => (
          <Tick
            key={name}
            label={words}
            checked={pie.quantise.includes(name)}
            onChange={(on) => quantise(name, on)}
          />
        ))}
      </div>
    </div>
  );
}
