import type { ScoreInfo, SignalInfo } from "../../api/types";
import { GROUPING_WORDS } from "../../lib/groupings";
import { levelTitle } from "../../lib/levels";
import { direction } from "../../lib/signals";
import { Prose } from "../prose";
import "./score-meaning.css";

/** What the ranked number is: the short answer always, all of it on demand. */
export function ScoreMeaning({ info }: { info: ScoreInfo | SignalInfo }) {
  return (
    <details class="score-meaning small">
      <summary>
        {info.title}: <Prose text={info.purpose} />; {direction(info)}
      </summary>
      <dl class="score-meaning__facts">
        <dt>Formula</dt>
        <dd>{info.formula}</dd>
        {"grouping_formula" in info && info.grouping_formula && (
          <>
            <dt>Groups</dt>
            <dd>
              compared {GROUPING_WORDS[info.grouping].name.toLowerCase()}: {info.grouping_formula},
              x the score
            </dd>
          </>
        )}
        {"level" in info && info.level && (
          <>
            <dt>Compared</dt>
            <dd>{levelTitle(info.level)} with unpruned models</dd>
          </>
        )}
        <dt>Range</dt>
        <dd>
          {info.range}, in {info.unit}; {direction(info)}
        </dd>
        <dt>Taken from</dt>
        <dd>{info.logits}</dd>
        {"checkpoints" in info && info.checkpoints && (
          <>
            <dt>Checkpoints</dt>
            <dd>after epochs {info.checkpoints.join(", ")}</dd>
          </>
        )}
        <dt>Source</dt>
        <dd>{info.source}</dd>
      </dl>
    </details>
  );
}
