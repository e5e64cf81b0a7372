import type { RefObject } from "preact";
import { useId, useState } from "preact/hooks";
import { findClass, fittingWords } from "../../lib/find-class";

interface Props {
  field: RefObject<HTMLInputElement | null>;
  classes: string[];
  onChoose: (label: string) => void;
}

/** A class found by typing: Enter takes the one that is named, or the only one that fits. */
export function ClassSearch({ field, classes, onChoose }: Props) {
  const [typed, setTyped] = useState("");
  const id = useId();
  const found = findClass(classes, typed);
  const { chosen } = found;
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
        {found.offered.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {typed.trim() && (
        <span role="status" class="decision-panel__found">
          {chosen === undefined ? (
            fittingWords(found)
          ) : (
            <>
              Enter: <bdi>{chosen}</bdi>
            </>
          )}
        </span>
      )}
    </form>
  );
}
