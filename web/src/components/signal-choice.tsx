import type { ScoreSet } from "../api/types";
import { entrance, OFFERED } from "../lib/signals";
import type { View } from "../lib/url";
import "./signal-choice.css";

const TITLES: Record<string, string> = {
  final_loss: "Final loss",
  vog: "Variance of Gradients",
  mean_loss: "Mean loss",
  confidence: "Confidence",
};

interface Props {
  view: View;
  scores: ScoreSet[];
  hrefOf: (view: View) => string;
}

/** What to look for: the two entrances first, the other signals beside them. */
export function SignalChoice({ view, scores, hrefOf }: Props) {
  const scored = new Map(scores.map((set) => [set.signal, set.info?.title]));
  const offered = OFFERED.filter((signal) => scores.length === 0 || scored.has(signal));
  return (
    <nav class="signal-choice" aria-label="What to look for">
      {offered.map((signal) => {
        const title = scored.get(signal) ?? TITLES[signal] ?? signal;
        const purpose = entrance(signal);
        return (
          <a
            key={signal}
            class="signal-choice__option"
            href={hrefOf({ ...view, signal, min: null, max: null })}
            aria-current={signal === view.signal ? "true" : undefined}
          >
            <span class="signal-choice__name">{purpose ?? title}</span>
            {purpose && <span class="quiet small">{title}</span>}
          </a>
        );
      })}
    </nav>
  );
}
