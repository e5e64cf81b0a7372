import type { Trajectory } from "../api/types";
import { percent, score } from "../lib/format";
import { linePath, niceCeiling, place } from "../lib/plot";
import "./trajectory-plot.css";

const FRAME = { left: 40, right: 472, top: 12, bottom: 132 };

interface Props {
  trajectory: Trajectory;
  label: string | null | undefined;
}

/** The example's loss at each epoch; a point's shape says whether the prediction was its label. */
export function TrajectoryPlot({ trajectory, label }: Props) {
  const { epochs, loss } = trajectory;
  const known = loss.filter((value): value is number => value !== null);
  if (known.length === 0)
    return (
      <section aria-labelledby="trajectory">
        <h2 id="trajectory">Loss over training</h2>
        <p class="quiet">
          No loss was recorded on the way: it was not trained on, or none was posted.
        </p>
      </section>
    );

  const highest = niceCeiling(Math.max(...known));
  const points = place(loss, highest, FRAME);
  return (
    <section aria-labelledby="trajectory">
      <h2 id="trajectory">Loss over training</h2>
      <svg
        class="trajectory-plot"
        viewBox="0 0 480 160"
        role="img"
        aria-label={summary(trajectory)}
      >
        <Axes highest={highest} epochs={epochs} />
        <path class="trajectory-plot__line" d={linePath(points)} />
        {points.map(({ x, y, at }) => (
          <g key={at} transform={`translate(${x} ${y})`}>
            <title>{said(trajectory, at)}</title>
            <circle class="trajectory-plot__target" r="10" />
            {trajectory.predicted[at] === label ? (
              <circle class="trajectory-plot__agrees" r="3.5" />
            ) : (
              <rect class="trajectory-plot__differs" x="-3.5" y="-3.5" width="7" height="7" />
            )}
          </g>
        ))}
      </svg>
      <p class="quiet small">● predicted as its label, □ predicted as another class</p>
      <details class="small trajectory-plot__values">
        <summary>Values</summary>
        <ol>
          {epochs.map((epoch, at) => (
            <li key={epoch}>{said(trajectory, at)}</li>
          ))}
        </ol>
      </details>
    </section>
  );
}

function Axes({ highest, epochs }: { highest: number; epochs: number[] }) {
  const { left, right, top, bottom } = FRAME;
  const levels: [number, number][] = [
    [0, bottom],
    [highest / 2, (top + bottom) / 2],
    [highest, top],
  ];
  return (
    <g class="trajectory-plot__axes">
      {levels.map(([value, y]) => (
        <g key={y}>
          <line x1={left} x2={right} y1={y} y2={y} />
          <text x={left - 8} y={y + 4} text-anchor="end">
            {value === 0 ? "0" : String(Number(value.toPrecision(2)))}
          </text>
        </g>
      ))}
      <text x={left} y={bottom + 20} text-anchor="middle">
        {epochs[0]}
      </text>
      <text x={(left + right) / 2} y={bottom + 20} text-anchor="middle">
        epoch
      </text>
      {epochs.length > 1 && (
        <text x={right} y={bottom + 20} text-anchor="middle">
          {epochs.at(-1)}
        </text>
      )}
    </g>
  );
}

function said({ epochs, loss, p_given, predicted }: Trajectory, at: number): string {
  const parts = [`epoch ${epochs[at]}`];
  const value = loss[at];
  const p = p_given[at];
  parts.push(value == null ? "no record" : `loss ${score(value)} nats`);
  if (p != null) parts.push(`p(given) ${percent(p)}`);
  if (predicted[at] != null) parts.push(`predicted ${predicted[at]}`);
  return parts.join(", ");
}

function summary(trajectory: Trajectory): string {
  const last = trajectory.epochs.length - 1;
  return `Loss of this example per epoch, from ${said(trajectory, 0)}, to ${said(trajectory, last)}`;
}
