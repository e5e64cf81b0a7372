import type { RefObject } from "preact";
import { useId, useState } from "preact/hooks";
import { matching } from "../lib/matching";

/** Shown while typing: a list of ten thousand would help nobody. */
const SHOWN = 20;

interface Props {
  field: RefObject<HTMLInputElement | null>;
  classes: string[];
  onChoose: (label: string) => void;
}

/** A class found by typing: Enter takes the one that is named, or the only one that fits. */
export function ClassSearch({ field, classes, onChoose }: Props) {
  const [typed, setTyped] = useState("");
  const id = useId();
  const wanted = typed.trim().toLowerCase();
  const fitting = wanted ? matching(classes, typed, (name) => name) : [];
  const exact = fitting.find((name) => name.toLowerCase() === wanted);
  const chosen = exact ?? (fitting.length === 1 ? fitting[0] : undefined);
  return (
    <form
      class="decision-panel__search"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen === undefined) return;
        setTyped("");
        field.current?.blur();
        onChoose(chosen);
      }}
    >
      <label>
        Class <kbd>/</kbd>{" "}
        <input
          ref={field}
          type="search"
          list={id}
          value={typed}
          autocomplete="off"
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && field.current?.blur()}
        />
      </label>
      <datalist id={id}>
        {fitting.slice(0, SHOWN).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {wanted && <span role="status">{said(chosen, fitting.length)}</span>}
    </form>
  );
}

function said(chosen: string | undefined, fitting: number): string {
  if (chosen !== undefined) return `Enter: ${chosen}`;
  return fitting === 0 ? "no such class" : `${fitting} classes fit`;
}
