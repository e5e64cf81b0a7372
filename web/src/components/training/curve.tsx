import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { asWideAs, axisLook, colour, EPOCH_AXIS } from "../../lib/chart";
import { useDarkScheme } from "../../lib/media";
import { allEpochs, between, type Span } from "../../lib/zoom";
import "./curve.css";

const HEIGHT = 200;
/** Where uPlot holds a cursor that is nowhere. */
const NOWHERE = { left: -10, top: -10 };

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
  /** The epochs that are shown; all of them where it is null. */
  span: Span | null;
  onSpan: (span: Span | null) => void;
  /** The epoch that is read; the last one where it is null. */
  told: number | null;
  onTell: (epoch: number | null) => void;
}

/**
 * One live curve over the epochs, read by pointing at it or, since it is a slider over the epochs, with the arrow
 * keys. Which epochs it shows is said from outside, so new points change nothing in that.
 */
export function Curve(props: Props) {
  const { title, unit, epochs, values, checkpoints, lastEpoch, format, highest, span, told } =
    props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const pointed = useRef(false);
  const dark = useDarkScheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme's colours are read from the style sheet.
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return;
    const chart = new uPlot(
      options(element, () => latest.current, pointed),
      [epochs, values],
      element,
    );
    plot.current = chart;
    return asWideAs(element, chart, HEIGHT);
  }, [dark]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart that was drawn anew shows this, and the marks, too.
  useEffect(() => {
    const chart = plot.current;
    if (!chart) return;
    const { from, to } = span ?? allEpochs(lastEpoch);
    // At once, so that the cursor finds its place on the new axis.
    chart.batch(() => {
      chart.setData([epochs, values], false);
      chart.setScale("x", { min: from, max: to });
    });
  }, [dark, epochs, values, checkpoints, lastEpoch, highest, span]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the place of an epoch depends on what is shown.
  useEffect(() => {
    const chart = plot.current;
    if (!chart || pointed.current) return;
    const place = told === null ? NOWHERE : { left: chart.valToPos(told, "x"), top: 0 };
    chart.setCursor(place, false);
  }, [dark, told, epochs, span]);

  const found = told === null ? -1 : epochs.indexOf(told);
  const at = found < 0 ? values.length - 1 : found;
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
      <div
        ref={host}
        class="curve__plot"
        role="slider"
        tabIndex={0}
        aria-label={`${title} over epochs`}
        aria-valuemin={1}
        aria-valuemax={Math.max(epochs.at(-1) ?? 1, 1)}
        aria-valuenow={epochs[at] ?? 1}
        aria-valuetext={value === undefined ? said : `epoch ${epochs[at]}: ${said}`}
        onMouseEnter={() => {
          pointed.current = true;
        }}
        onMouseLeave={() => {
          pointed.current = false;
          props.onTell(null);
        }}
      />
    </figure>
  );
}

function options(
  element: HTMLElement,
  props: () => Props,
  pointed: { current: boolean },
): uPlot.Options {
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
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          props().onSpan(null);
          return null;
        },
      },
    },
    scales: {
      x: { time: false, auto: false },
      y: { range: (_, __, max) => [0, props().highest ?? (max > 0 ? max * 1.1 : 1)] },
    },
    axes: [
      { ...axis, ...EPOCH_AXIS },
      {
        ...axis,
        size: 56,
        values: (_, ticks) => (hasRange(props()) ? ticks.map(props().tick) : []),
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
      setCursor: [(chart) => pointed.current && props().onTell(epochAt(chart))],
      setSelect: [(chart) => take(chart, props())],
      draw: [(chart) => drawMarks(chart, props().checkpoints, colour(style, "--ink-quiet"))],
    },
  };
}

/** Whether the vertical axis means something yet. */
function hasRange({ highest, epochs }: Props): boolean {
  return highest !== undefined || epochs.length > 0;
}

function epochAt(chart: uPlot): number | null {
  const at = chart.cursor.idx;
  return at == null ? null : (chart.data[0][at] ?? null);
}

/** What was dragged over becomes what is shown. */
function take(chart: uPlot, { lastEpoch, onSpan }: Props): void {
  const { left, width } = chart.select;
  if (width === 0) return;
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onSpan(between(chart.posToVal(left, "x"), chart.posToVal(left + width, "x"), lastEpoch));
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
