import type { ScoreSet, SignalInfo, SignalName } from "../../api/types";
import { comparedAlike } from "../../lib/groupings";
import { entrance } from "../../lib/signals";
import { HELD_OUT, SIGNALS, type View } from "../../lib/url";
import "./signal-choice.css";

interface Props {
  view: View;
  scores: ScoreSet[];
  signals: Map<string, SignalInfo>;
  hrefOf: (view: View) => string;
  onChange: (view: View) => void;
}

/** What to look for: the two entrances, and all other signals in a list. */
export function SignalChoice({ view, scores, signals, hrefOf, onChange }: Props) {
  const offered = SIGNALS.filter(
    (signal) => scores.length === 0 || scores.some((set) => set.signal === signal),
  );
  const entrances = offered.filter((signal) => entrance(signal) !== null);
  const others = offered.filter((signal) => entrance(signal) === null);
  const title = (signal: SignalName) => signals.get(signal)?.title ?? signal;
  return (
    <nav class="signal-choice" aria-label="What to look for">
      {entrances.map((signal) => (
        <a
          key={signal}
          class="signal-choice__option"
          href={hrefOf(ofSignal(view, signal, scores))}
          aria-current={signal === view.signal ? "true" : undefined}
        >
          <span class="signal-choice__name">{entrance(signal)}</span>
          <span class="quiet small">{title(signal)}</span>
        </a>
      ))}
      {others.length > 0 && (
        <label
          class="signal-choice__option"
          aria-current={others.includes(view.signal) ? "true" : undefined}
        >
          <span class="signal-choice__name">Other signals</span>
          <select
            class="small"
            // The titles arrive after the value; a new key lets the browser choose again.
            key={`${others.length} ${signals.size}`}
            value={others.includes(view.signal) ? view.signal : ""}
            onChange={(event) => {
              const chosen = others.find((signal) => signal === event.currentTarget.value);
              if (chosen) onChange(ofSignal(view, chosen, scores));
            }}
          >
            <option value="" disabled hidden>
              Choose one
            </option>
            {others.map((signal) => (
              <option key={signal} value={signal} title={signals.get(signal)?.purpose}>
                {title(signal)}
              </option>
            ))}
          </select>
        </label>
      )}
    </nav>
  );
}

/** The view with another signal: bounds of one are none of another. */
function ofSignal(view: View, signal: SignalName, scores: ScoreSet[]): View {
  const heldOut = scores.some((set) => set.signal === signal && set.scoring.endsWith(HELD_OUT));
  return comparedAlike({
    ...view,
    signal,
    population: heldOut ? view.population : "trained",
    min: null,
    max: null,
  });
}
