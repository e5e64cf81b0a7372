import { levelTitle } from "../../lib/levels";
import "./ranking-filters.css";

interface Props {
  /** Null where the address names none. */
  value: string | null;
  options: string[];
  onChange: (level: string) => void;
}

/** Which population is compared with the unpruned one. */
export function LevelChoice({ value, options, onChange }: Props) {
  const unlisted = value !== null && !options.includes(value);
  return (
    <label class="ranking-filters__choice">
      <span>Models</span>
      <select value={value ?? ""} onChange={(event) => onChange(event.currentTarget.value)}>
        {unlisted && <option value={value}>{value}</option>}
        {options.map((level) => (
          <option key={level} value={level}>
            {levelTitle(level)}
          </option>
        ))}
      </select>
    </label>
  );
}
