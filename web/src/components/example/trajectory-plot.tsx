import { useState } from "preact/hooks";
import type { CategoryReport, Trajectory } from "../../api/types";
import { categoryTitle } from "../../lib/archaeology";
import { percent, score } from "../../lib/format";
import { linePath, niceCeiling, place } from "../../lib/plot";
import { NumberTable } from "../number-table";
import { CategoryLine, colourOf, dashOf } from "./category-line";
import "./trajectory-plot.css";

const FRAME = { left: 40, right: 472, top: 12, bottom: 132 };

interface Props {
  trajectory: Trajectory;
  label: string | null | undefined;
  /** Mean losses of the probes of each category, to see which it runs along; none where there is no archaeology. */
  categories: CategoryReport[];
}

/** The example's loss at each epoch; a point's shape says whether the prediction was its label. */
export function TrajectoryPlot({ trajectory, label, categories }: Props) {
  const [told, setTold] = useState<number | null>(null);
  const { epochs, loss } = trajectory;
  const known = loss.filter((value) => value !== null);
  if (known.length === 0)
    return (
      <section aria-labelledby="trajectory">
        <h2 id="trajectory">Loss over training</h2>
        <p class="quiet">
          No loss was recorded on the way: it was not trained on, or none was posted.
        </p>
      </section>
    );

  const means = categories.map((category) => epochs.map((epoch) => meanAt(category, epoch)));
  const highest = niceCeiling(Math.max(...[...known, ...means.flat()].map((value) => value ?? 0)));
  const points = place(loss, highest, FRAME);
  const at = told ?? epochs.length - 1;
  return (
    <section class="category-lines" aria-labelledby="trajectory">
      <h2 id="trajectory">Loss over training</h2>
      <svg
        class="trajectory-plot"
        viewBox="0 0 480 160"
        role="img"
        aria-label={summary(trajectory)}
      >
        <Axes highest={highest} epochs={epochs} />
        {means.map((mean, position) => (
          <path
            key={categories[position]?.name}
            class="trajectory-plot__mean"
            d={linePath(place(mean, highest, FRAME))}
            style={{ stroke: `var(${colourOf(position)})` }}
            stroke-dasharray={dashOf(position).join(" ")}
          />
        ))}
        <path class="trajectory-plot__line" d={linePath(points)} />
        {points.map((point) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: what pointing tells stands in the table of values, too.
          <g
            key={point.at}
            transform={`translate(${point.x} ${point.y})`}
            onMouseEnter={() => setTold(point.at)}
            onMouseLeave={() => setTold(null)}
          >
            <title>{said(trajectory, point.at)}</title>
            <circle class="trajectory-plot__target" r="10" />
            {trajectory.predicted[point.at] === label ? (
              <circle class="trajectory-plot__agrees" r="3.5" />
            ) : (
              <rect class="trajectory-plot__differs" x="-3.5" y="-3.5" width="7" height="7" />
            )}
          </g>
        ))}
      </svg>
      <p class="quiet small">● predicted as its label, □ predicted as another class</p>
      {categories.length > 0 && (
        <div class="small">
          <p class="quiet">
            Thin lines: mean loss of each category's probes, at epoch {epochs[at]} beside its own{" "}
            {value(loss[at])} nats
          </p>
          <ul class="trajectory-plot__legend">
            {categories.map((category, position) => (
              <li key={category.name}>
                <CategoryLine position={position} /> {categoryTitle(category.name)}{" "}
                {value(means[position]?.[at])}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Values trajectory={trajectory} categories={categories} means={means} />
    </section>
  );
}

interface ValuesProps {
  trajectory: Trajectory;
  categories: CategoryReport[];
  means: (number | null)[][];
}

function Values({ trajectory, categories, means }: ValuesProps) {
  const { epochs, loss, p_given, predicted } = trajectory;
  return (
    <details class="small">
      <summary>Values</summary>
      <NumberTable label="Loss at each epoch">
        <thead>
          <tr>
            <th scope="col" class="number-table__name">
              Epoch
            </th>
            <th scope="col">Loss</th>
            <th scope="col">p(given)</th>
            <th scope="col">Predicted</th>
            {categories.map(({ name }) => (
              <th key={name} scope="col">
                Mean, {categoryTitle(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {epochs.map((epoch, at) => (
            <tr key={epoch}>
              <th scope="row" class="number-table__name">
                {epoch}
              </th>
              <td>{value(loss[at])}</td>
              <td>{p_given[at] == null ? "–" : percent(p_given[at])}</td>
              <td>
                <bdi>{predicted[at] ?? "–"}</bdi>
              </td>
              {means.map((mean, position) => (
                <td key={categories[position]?.name}>{value(mean[at])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </NumberTable>
    </details>
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
      {levels.map(([level, y]) => (
        <g key={y}>
          <line x1={left} x2={right} y1={y} y2={y} />
          <text x={left - 8} y={y + 4} text-anchor="end">
            {level === 0 ? "0" : String(Number(level.toPrecision(2)))}
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

/** Trajectories of categories begin with the first epoch. */
function meanAt({ trajectory }: CategoryReport, epoch: number): number | null {
  return trajectory[epoch - 1] ?? null;
}

function value(loss: number | null | undefined): string {
  return loss == null ? "–" : score(loss);
}

function said({ epochs, loss, p_given, predicted }: Trajectory, at: number): string {
  const parts = [`epoch ${epochs[at]}`];
  const p = p_given[at];
  parts.push(loss[at] == null ? "no record" : `loss ${value(loss[at])} nats`);
  if (p != null) parts.push(`p(given) ${percent(p)}`);
  if (predicted[at] != null) parts.push(`predicted ${predicted[at]}`);
  return parts.join(", ");
}

function summary(trajectory: Trajectory): string {
  const last = trajectory.epochs.length - 1;
  return `Loss of this example per epoch, from ${said(trajectory, 0)}, to ${said(trajectory, last)}`;
}
