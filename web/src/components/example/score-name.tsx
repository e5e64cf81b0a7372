import { useId, useLayoutEffect, useState } from "preact/hooks";
import type { ExampleScore, SignalInfo } from "../../api/types";
import { percentile } from "../../lib/format";
import { scoringName } from "../../lib/scoring";
import { meaning } from "../../lib/signals";
import "./score-name.css";

interface Props {
  score: ExampleScore;
  /** None until it is loaded. */
  info: SignalInfo | undefined;
}

/** The name of a score. Pointing at it, or having it in focus, tells what it means; Esc hides that again. */
export function ScoreName({ score: one, info }: Props) {
  const [told, setTold] = useState(false);
  const id = useId();
  const tell = () => setTold(true);
  const hide = () => setTold(false);
  useLayoutEffect(() => {
    if (!told) return;
    // Before the page's own keys: there Esc leaves the example.
    const listen = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      setTold(false);
    };
    addEventListener("keydown", listen, true);
    return () => removeEventListener("keydown", listen, true);
  }, [told]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button in it tells the same to the keyboard.
    <span class="score-name" onMouseEnter={tell} onMouseLeave={hide}>
      <button
        type="button"
        class="score-name__button"
        aria-describedby={id}
        onFocus={tell}
        onBlur={hide}
        onClick={tell}
      >
        {one.title}
        {one.scoring !== "default" && <span class="quiet small"> {scoringName(one.scoring)}</span>}
      </button>
      <span id={id} role="tooltip" class="score-name__meaning small" hidden={!told}>
        {info ? sayMeaning(one, info) : one.title}
      </span>
    </span>
  );
}

function sayMeaning({ percentile: place }: ExampleScore, info: SignalInfo): string {
  const percentileOf =
    place == null
      ? ""
      : ` Percentile ${percentile(place)}: so many of a hundred examples are no harder.`;
  return `${meaning(info)}.${percentileOf}`;
}
