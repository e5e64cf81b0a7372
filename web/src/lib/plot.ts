/** Geometry of a small line plot, in the units of its viewBox. */
export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Point {
  x: number;
  y: number;
  at: number;
}

/** Maps `values[at]` into the frame, from 0 at the bottom to `top` value at the top; null stays out. */
export function place(values: (number | null)[], highest: number, frame: Frame): Point[] {
  const steps = Math.max(values.length - 1, 1);
  return values.flatMap((value, at) => {
    if (value === null || !Number.isFinite(value)) return [];
    const x = frame.left + ((frame.right - frame.left) * at) / steps;
    const y = frame.bottom - (frame.bottom - frame.top) * Math.min(value / highest, 1);
    return [{ x: rounded(x), y: rounded(y), at }];
  });
}

/** An SVG path through the points, broken where one is missing. */
export function linePath(points: Point[]): string {
  return points
    .map((point, i) => {
      const joins = points[i - 1]?.at === point.at - 1;
      return `${joins ? "L" : "M"}${point.x} ${point.y}`;
    })
    .join("");
}

/** The smallest of 1, 2, 5 × 10ⁿ that is not below the value. */
export function niceCeiling(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((step) => step * power >= value * (1 - 1e-12)) ?? 10;
  return factor * power;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
