import type { Statistics } from "../../api/types";
import { placed } from "../../lib/bounds";
import { count, score } from "../../lib/format";
import { goTo } from "../../lib/location";
import type { View } from "../../lib/url";
import { type Part, useBrush } from "../../lib/use-brush";
import "./score-histogram.css";
import { RangeFields } from "./range-fields";

interface Props {
  statistics: Statistics | null;
  view: View;
  hrefOf: (view: View) => string;
}

/** How the scores are distributed; a part that is dragged over, or a bar that is clicked, filters the ranking. */
export function ScoreHistogram({ statistics, view, hrefOf }: Props) {
  const edges = statistics?.histogram.edges ?? [];
  const counts = statistics?.histogram.counts ?? [];
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? 0;
  const at = (share: number) => low + share * (high - low);
  const filter = (min: string | null, max: string | null) => goTo(hrefOf({ ...view, min, max }));
  const brush = useBrush((part: Part) => filter(placed(at(part.left)), placed(at(part.right))));
  const most = Math.max(...counts, 1);
  const share = (value: string | null, otherwise: number) =>
    value === null || high === low ? otherwise : (Number(value) - low) / (high - low);
  const chosen = { left: share(view.min, 0), right: share(view.max, 1) };
  const shown = brush.part ?? (view.min === null && view.max === null ? null : chosen);
  return (
    <details class="score-histogram small">
      <summary>Distribution of the scores</summary>
      <div class="score-histogram__plot" {...brush.handlers}>
        {counts.map((examples, bin) => {
          const from = edges[bin] ?? low;
          const to = edges[bin + 1] ?? high;
          return (
            <span
              // The bins have no other identity.
              // biome-ignore lint/suspicious/noArrayIndexKey: bins keep their places.
              key={bin}
              class="score-histogram__bar"
              style={{ height: `${(Math.sqrt(examples / most) * 100).toFixed(2)}%` }}
              title={`${score(from)} to ${score(to)}: ${count(examples)}`}
            />
          );
        })}
        {shown && <span class="score-histogram__part" style={within(shown)} />}
      </div>
      <div class="score-histogram__ends quiet">
        <span>{score(low)}</span>
        <span>{score(high)}</span>
      </div>
      <p class="score-histogram__fields">
        <RangeFields
          name="Score"
          low={view.min === null ? null : Number(view.min)}
          high={view.max === null ? null : Number(view.max)}
          onChange={filter}
        />
        <span class="quiet">
          Drag over the bars, whose heights grow with the root of the count.
        </span>
      </p>
    </details>
  );
}

function within({ left, right }: { left: number; right: number }) {
  const inside = (share: number) => Math.min(Math.max(share, 0), 1) * 100;
  return { left: `${inside(left)}%`, right: `${100 - inside(right)}%` };
}
