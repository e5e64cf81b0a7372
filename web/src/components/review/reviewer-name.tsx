import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { reviewer, setReviewer } from "../../lib/reviewer";

/** Who decides: asked once, kept by the browser. */
export function ReviewerName({ field }: { field: RefObject<HTMLInputElement | null> }) {
  // What is typed survives whatever is drawn meanwhile.
  const [typed, setTyped] = useState(reviewer.get);
  return (
    <form
      class="decision-panel__reviewer small"
      onSubmit={(event) => {
        event.preventDefault();
        field.current?.blur();
      }}
    >
      <label>
        Reviewer{" "}
        <input
          ref={field}
          type="text"
          value={typed}
          maxLength={100}
          autocomplete="name"
          placeholder="your name"
          onInput={(event) => setTyped(event.currentTarget.value)}
          onChange={(event) => setReviewer(event.currentTarget.value)}
        />
      </label>
    </form>
  );
}
