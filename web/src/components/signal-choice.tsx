import type { ScoreSet, SignalName } from "../api/types";
import { entrance } from "../lib/signals";
import { HELD_OUT, SIGNALS, type View } from "../lib/url";
import "./signal-choice.css";

const TITLES: Record<SignalName, string> = {
  final_loss: "Final loss",
  vog: "Variance of Gradients",
  label_issue: "Label issue",
  aum: "Area under the margin",
  mean_loss: "Mean loss",
  confidence: "Confidence",
  variability: "Variability",
  aleatoric: "Aleatoric uncertainty",
  correctness: "Correctness",
  forgetting: "Forgetting events",
  first_learned: "First learned",
  stayed_learned: "Learned and stayed",
  el2n: "EL2N, early",
};

interface Props {
  view: View;
  scores: ScoreSet[];
  hrefOf: (view: View) => string;
}

/** What to look for: the two entrances first, the other signals beside them. */
export function SignalChoice({ view, scores, hrefOf }: Props) {
  const scored = new Map(scores.map((set) => [set.signal, set.info?.title]));
  const heldOut = (signal: SignalName) =>
    scores.some((set) => set.signal === signal && set.scoring.endsWith(HELD_OUT));
  const offered = SIGNALS.filter((signal) => scores.length === 0 || scored.has(signal));
  return (
    <nav class="signal-choice" aria-label="What to look for">
      {offered.map((signal) => {
        const title = scored.get(signal) ?? TITLES[signal];
        const purpose = entrance(signal);
        return (
          <a
            key={signal}
            class="signal-choice__option"
            href={hrefOf({
              ...view,
              signal,
              population: heldOut(signal) ? view.population : "trained",
              min: null,
              max: null,
            })}
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
