import { useId, useState } from "preact/hooks";
import { findClass, fittingWords } from "../../lib/find-class";
import { count } from "../../lib/format";

interface Props {
  /** The class that is shown; null means all. */
  value: string | null;
  classes: string[];
  onChange: (label: string | null) => void;
}

/** One class of very many, found by typing; a list of all of them would take seconds to lay out. */
export function ClassFilter({ value, classes, onChange }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const id = useId();
  const found = findClass(classes, typed ?? "");
  const take = () => {
    if (typed === null) return;
    const empty = typed.trim() === "";
    if (!empty && found.chosen === undefined) return;
    setTyped(null);
    onChange(empty ? null : (found.chosen ?? null));
  };
  return (
    <span class="ranking-filters__choice">
      <label class="ranking-filters__choice">
        <span>Class</span>
        <input
          type="search"
          list={id}
          dir="auto"
          value={typed ?? value ?? ""}
          placeholder={`All ${count(classes.length)} classes`}
          autocomplete="off"
          onInput={(event) => setTyped(event.currentTarget.value)}
          // Enter, a choice from the list, or leaving the field.
          onChange={take}
        />
      </label>
      <datalist id={id}>
        {found.offered.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {typed?.trim() && found.chosen === undefined && (
        <span role="status" class="quiet">
          {fittingWords(found)}
        </span>
      )}
    </span>
  );
}
