import type uPlot from "uplot";

/** Look of an axis, from the style sheet of the scheme. */
export function axisLook(style: CSSStyleDeclaration): uPlot.Axis {
  return {
    stroke: colour(style, "--ink-quiet"),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: colour(style, "--line"), width: 1 },
    ticks: { show: false },
  };
}

/** The horizontal axis: whole epochs. */
export const EPOCH_AXIS: uPlot.Axis = {
  grid: { show: false },
  size: 28,
  incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
};

/** Keeps a chart as wide as what it is in. Returns what ends that, and the chart. */
export function asWideAs(element: HTMLElement, chart: uPlot, height: number): () => void {
  const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
  observer.observe(element);
  return () => {
    observer.disconnect();
    chart.destroy();
  };
}

/** A colour of the style sheet. */
export function colour(style: CSSStyleDeclaration, name: string): string {
  return style.getPropertyValue(name).trim();
}
