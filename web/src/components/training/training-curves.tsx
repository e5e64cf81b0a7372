import { useState } from "preact/hooks";
import type { Audit } from "../../api/types";
import type { Curves } from "../../lib/curves";
import { count, percent, score } from "../../lib/format";
import { allEpochs, closer, holding, type Span, wider } from "../../lib/zoom";
import "../button.css";
import { Curve } from "./curve";
import "./training-curves.css";

/** By how many epochs a key goes on. */
const MOVES: Record<string, number> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

interface Props {
  audit: Audit;
  curves: Curves;
}

/** Loss, accuracy and speed of the main run. They are read and zoomed as one, also while points come in. */
export function TrainingCurves({ audit, curves }: Props) {
  const [span, setSpan] = useState<Span | null>(null);
  const [told, setTold] = useState<number | null>(null);
  const { epochs, checkpoints } = curves;
  const lastEpoch = audit.recipe?.epochs ?? 0;
  const read = told ?? epochs.at(-1) ?? 1;

  const zoom = (by: typeof closer) => setSpan((before) => by(before, read, lastEpoch));
  const readAt = (epoch: number) => {
    const known = Math.min(Math.max(epoch, epochs[0] ?? 1), epochs.at(-1) ?? 1);
    setTold(known);
    setSpan((before) => holding(before, known, lastEpoch));
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (move !== undefined) readAt(read + move);
    else if (event.key === "+" || event.key === "=") zoom(closer);
    else if (event.key === "-") zoom(wider);
    else if (event.key === "0") setSpan(null);
    else return;
    event.preventDefault();
  };

  const shared = { epochs, checkpoints, lastEpoch, span, onSpan: setSpan, told, onTell: setTold };
  return (
    <section class="training-curves" aria-label="Curves">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the sliders in it have the focus and so the keys. */}
      <div class="training-curves__plots" onKeyDown={press} onFocusOut={() => setTold(null)}>
        <Curve
          {...shared}
          title="Loss"
          unit="nats"
          values={curves.loss}
          format={score}
          tick={String}
        />
        <Curve
          {...shared}
          title="Accuracy"
          values={curves.accuracy}
          format={percent}
          tick={(share) => `${Math.round(share * 100)} %`}
          highest={1}
        />
        <Curve
          {...shared}
          title="Speed"
          unit="examples/s"
          values={curves.speed}
          format={count}
          tick={count}
        />
      </div>
      <div class="training-curves__zoom small">
        <button type="button" class="button" onClick={() => zoom(closer)}>
          Closer <kbd>+</kbd>
        </button>
        <button
          type="button"
          class="button"
          aria-disabled={span === null}
          onClick={() => zoom(wider)}
        >
          Wider <kbd>−</kbd>
        </button>
        <button
          type="button"
          class="button"
          aria-disabled={span === null}
          onClick={() => setSpan(null)}
        >
          All epochs <kbd>0</kbd>
        </button>
        <span role="status">{shown(span, lastEpoch)}</span>
      </div>
      <p class="quiet small">
        Means over the training examples of each epoch{audit.runs > 1 && " of the main run"}, in
        flight. A tick on the axis marks an epoch after which gradients were taken. Drag over a
        curve to see a part of it, double-click to see all; on a focused one the arrow keys go from
        epoch to epoch.
      </p>
    </section>
  );
}

function shown(span: Span | null, lastEpoch: number): string {
  const { from, to } = span ?? allEpochs(lastEpoch);
  return span === null ? `All ${lastEpoch} epochs` : `Epochs ${from} to ${to} of ${lastEpoch}`;
}
