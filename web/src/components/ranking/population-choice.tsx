import type { Population } from "../../api/types";
import "./ranking-filters.css";

interface Props {
  value: Population;
  onChange: (population: Population) => void;
}

/** The examples that were trained on, or the others: they are never mixed. */
export function PopulationChoice({ value, onChange }: Props) {
  return (
    <label class="ranking-filters__choice">
      <span>Examples</span>
      <select
        value={value}
        onChange={(event) =>
          onChange(event.currentTarget.value === "held_out" ? "held_out" : "trained")
        }
      >
        <option value="trained">Trained on</option>
        <option value="held_out">Held out</option>
      </select>
    </label>
  );
}
