import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { asWideAs, axisLook, colour, EPOCH_AXIS } from "../lib/chart";
import { useDarkScheme } from "../lib/scheme";
import "./curve.css";

const HEIGHT = 200;

interface Props {
  title: string;
  unit?: string;
  epochs: number[];
  values: number[];
  /** Epochs marked on the axis. */
  checkpoints: number[];
  lastEpoch: number;
  format: (value: number) => string;
  /** Words of the vertical axis: round values only. */
  tick: (value: number) => string;
  /** Top of the vertical axis where it is known; otherwise the data decides. */
  highest?: number;
}

/** One live curve over the epochs. Drag to zoom, double-click to see all; new points keep the zoom. */
export function Curve({
  title,
  unit,
  epochs,
  values,
  checkpoints,
  lastEpoch,
  format,
  tick,
  highest,
}: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const marks = useRef(checkpoints);
  const [hovered, setHovered] = useState<number | null>(null);
  const dark = useDarkScheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme's colours are read from the style sheet.
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const chart = new uPlot(
      options(element, { lastEpoch, highest, tick, marks: () => marks.current, setHovered }),
      [epochs, values],
      element,
    );
    chart.setScale("x", span(lastEpoch));
    plot.current = chart;
    return asWideAs(element, chart, HEIGHT);
  }, [dark, lastEpoch, highest]);

  useEffect(() => {
    const chart = plot.current;
    if (!chart) return;
    marks.current = checkpoints;
    const shown = { min: chart.scales.x?.min ?? 1, max: chart.scales.x?.max ?? lastEpoch };
    chart.setData([epochs, values], false);
    chart.setScale("x", shown);
  }, [epochs, values, checkpoints, lastEpoch]);

  const at = hovered !== null && hovered < values.length ? hovered : values.length - 1;
  const value = values[at];
  const said =
    value === undefined ? "no epoch has ended yet" : `${format(value)}${unit ? ` ${unit}` : ""}`;
  return (
    <figure class="curve">
      <figcaption class="curve__caption">
        <h2 class="curve__title">{title}</h2>
        <span class="curve__value">{value === undefined ? "–" : said}</span>
        {value !== undefined && <span class="quiet small">epoch {epochs[at]}</span>}
      </figcaption>
      <div ref={host} class="curve__plot" role="img" aria-label={`${title} over epochs: ${said}`} />
    </figure>
  );
}

interface Look {
  lastEpoch: number;
  highest: number | undefined;
  tick: (value: number) => string;
  marks: () => number[];
  setHovered: (at: number | null) => void;
}

function options(element: HTMLElement, look: Look): uPlot.Options {
  const style = getComputedStyle(element);
  const accent = colour(style, "--accent");
  const axis = axisLook(style);
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 8 },
      bind: { dblclick: (chart) => () => showAll(chart, look.lastEpoch) },
    },
    scales: {
      x: { time: false, auto: false },
      y: { range: (_, __, max) => [0, look.highest ?? (max > 0 ? max * 1.1 : 1)] },
    },
    axes: [
      { ...axis, ...EPOCH_AXIS },
      {
        ...axis,
        size: 56,
        values: (chart, ticks) => (hasRange(chart, look) ? ticks.map(look.tick) : []),
      },
    ],
    series: [
      {},
      {
        stroke: accent,
        width: 2,
        points: { show: true, size: 5, fill: accent },
      },
    ],
    hooks: {
      setCursor: [(chart) => look.setHovered(chart.cursor.idx ?? null)],
      draw: [(chart) => drawMarks(chart, look.marks(), colour(style, "--ink-quiet"))],
    },
  };
}

/** Whether the vertical axis means something yet. */
function hasRange(chart: uPlot, look: Look): boolean {
  return look.highest !== undefined || chart.data[0].length > 0;
}

function span(lastEpoch: number) {
  return { min: 1, max: Math.max(lastEpoch, 2) };
}

function showAll(chart: uPlot, lastEpoch: number): null {
  chart.setScale("x", span(lastEpoch));
  return null;
}

/** Short ticks on the horizontal axis. */
function drawMarks(chart: uPlot, epochs: number[], stroke: string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  for (const epoch of epochs) {
    const x = chart.valToPos(epoch, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x, bbox.top + bbox.height - 6 * devicePixelRatio);
  }
  ctx.stroke();
  ctx.restore();
}
