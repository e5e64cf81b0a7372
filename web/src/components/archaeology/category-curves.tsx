import { useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { CategoryReport } from "../../api/types";
import { categoryTitle } from "../../lib/archaeology";
import { asWideAs, axisLook, colour, EPOCH_AXIS } from "../../lib/chart";
import { score } from "../../lib/format";
import { useDarkScheme } from "../../lib/media";
import "./category-curves.css";
import { CategoryLine, colourOf, dashOf } from "../example/category-line";

const HEIGHT = 240;

/** The mean loss of each category's probes over the epochs: what the vote goes by. */
export function CategoryCurves({ categories }: { categories: CategoryReport[] }) {
  const host = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const dark = useDarkScheme();
  const epochs = Math.max(...categories.map((category) => category.trajectory.length), 0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme's colours are read from the style sheet.
  useLayoutEffect(() => {
    const element = host.current;
    if (!element || epochs === 0) return;
    const chart = new uPlot(
      options(element, categories, setHovered),
      data(categories, epochs),
      element,
    );
    return asWideAs(element, chart, HEIGHT);
  }, [dark, categories, epochs]);

  if (epochs === 0) return null;
  const at = hovered !== null && hovered < epochs ? hovered : epochs - 1;
  return (
    <figure class="category-curves category-lines">
      <figcaption class="category-curves__caption">
        <h2>Mean loss of the probes</h2>
        <span class="quiet small">nats, at epoch {at + 1}</span>
      </figcaption>
      <ul class="category-curves__legend small" aria-label={`Mean loss at epoch ${at + 1}`}>
        {categories.map((category, position) => (
          <li key={category.name} class="category-curves__entry">
            <CategoryLine position={position} />
            {categoryTitle(category.name)}{" "}
            <span class="category-curves__value">{said(category, at)}</span>
          </li>
        ))}
      </ul>
      <div
        ref={host}
        class="category-curves__plot"
        role="img"
        aria-label={`Mean loss of each category's probes over ${epochs} epochs`}
      />
    </figure>
  );
}

function said(category: CategoryReport, at: number): string {
  const value = category.trajectory[at];
  return value == null ? "–" : score(value);
}

function data(categories: CategoryReport[], epochs: number): uPlot.AlignedData {
  const axis = Array.from({ length: epochs }, (_, at) => at + 1);
  return [axis, ...categories.map((category) => category.trajectory)];
}

function options(
  element: HTMLElement,
  categories: CategoryReport[],
  setHovered: (at: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const axis = axisLook(style);
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: false },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, ...EPOCH_AXIS },
      { ...axis, size: 48 },
    ],
    series: [
      {},
      ...categories.map((_, position) => ({
        stroke: colour(style, colourOf(position)),
        width: 2,
        dash: dashOf(position),
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [(chart) => setHovered(chart.cursor.idx ?? null)] },
  };
}
