import { placed } from "../../lib/bounds";

interface Props {
  /** What is bounded. */
  name: string;
  low: number | null;
  high: number | null;
  onChange: (low: string | null, high: string | null) => void;
}

/** Bounds as numbers: what a brush does, for the keyboard. */
export function RangeFields({ name, low, high, onChange }: Props) {
  const field = (end: "from" | "to", value: number | null) => (
    <label>
      {end}{" "}
      <input
        type="number"
        step="any"
        aria-label={`${name} ${end}`}
        // What is typed stays when the page is drawn again; only another bound puts another number here.
        key={value}
        defaultValue={text(value) ?? ""}
        onChange={(event) => {
          const typed = event.currentTarget.value || null;
          if (end === "from") onChange(typed, text(high));
          else onChange(text(low), typed);
        }}
      />
    </label>
  );
  return (
    <span class="range-fields">
      <span class="quiet">{name}</span> {field("from", low)} {field("to", high)}
    </span>
  );
}

function text(value: number | null): string | null {
  return value === null ? null : placed(value);
}
