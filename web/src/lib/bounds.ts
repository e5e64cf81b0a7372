import type { SignalName } from "../api/types";

/** A signal and where its scores lie, both ends included. */
export interface Bounds {
  signal: SignalName;
  low: number;
  high: number;
}

/** Bounds as the API reads them, shortened to what the eye can place. */
export function writeBounds(bounds: Bounds[]): string {
  return bounds
    .map(({ signal, low, high }) => `${signal}:${placed(low)}..${placed(high)}`)
    .join(",");
}

/** The same for a reader: `confidence 0.2 to 0.5, variability from 0.3`. */
export function boundsInWords(within: string): string {
  return within.split(",").map(inWords).join(", ");
}

function inWords(bound: string): string {
  const [signal = "", range = ""] = bound.split(":");
  const [low, high] = range.split("..");
  const name = signal.replaceAll("_", " ");
  if (low && high) return `${name} ${low} to ${high}`;
  if (low) return `${name} from ${low}`;
  return high ? `${name} up to ${high}` : name;
}

/** A number with four digits that count. */
export function placed(value: number): string {
  return String(Number(value.toPrecision(4)));
}
