import { useId } from "preact/hooks";
import "./tick.css";

interface Props {
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** Something to be had or not, with what it gives. */
export function Tick({ label, hint, checked, onChange }: Props) {
  const id = useId();
  return (
    <div class="tick">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label class="tick__label" for={id}>
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} class="tick__more quiet small">
          {hint}
        </p>
      )}
    </div>
  );
}
