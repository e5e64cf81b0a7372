/** Numbers, times and sizes as people read them. */

const MINUS = "−";
/** Between a number and its unit: they stay on one line. */
const GAP = "\u00a0";
const GROUPED = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 60000 → `60,000`. */
export function count(value: number): string {
  return GROUPED.format(value);
}

/** `1 example`, `2 examples`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Three significant digits, without an exponent where people can do without one. */
export function score(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : "";
  if (size >= 100_000 || size < 0.001) return sign + exponent(size);
  if (size >= 1_000) return sign + GROUPED.format(size);
  // Epochs and events are counted.
  return sign + (Number.isInteger(size) ? String(size) : size.toPrecision(3));
}

function exponent(size: number): string {
  const [digits, power] = size.toExponential(2).split("e");
  return `${digits}e${power?.replace("+", "").replace("-", MINUS)}`;
}

/** .9823 → `98.2 %`. Only all is 100 %, only none is 0 %. */
export function percent(share: number): string {
  return ofHundred(share, 1);
}

/** .91234 → `91.23 %`: for shares that differ in the second decimal. */
export function finely(share: number): string {
  return ofHundred(share, 2);
}

function ofHundred(share: number, decimals: number): string {
  if (share === 0 || share === 1) return `${share * 100}${GAP}%`;
  const least = 10 ** -decimals;
  const shown = Math.min(100 - least, Math.max(least, share * 100));
  return `${shown.toFixed(decimals)}${GAP}%`;
}

/** -.0123 → `−1.23 pp`: the difference of two shares in percentage points, its sign always told. */
export function points(difference: number): string {
  const sign = difference < 0 ? MINUS : difference > 0 ? "+" : "";
  return `${sign}${Math.abs(difference * 100).toFixed(2)}${GAP}pp`;
}

/** .05 → `5 %`, .0025 → `0.25 %`: a share that was chosen, as the API writes it. */
export function part(share: number): string {
  return `${Math.round(share * 10_000) / 100}${GAP}%`;
}

/** A percentile, with a decimal only near the ends, where it tells something. Only the top is 100. */
export function percentile(value: number): string {
  if (value === 100 || (value >= 1 && value <= 99)) return value.toFixed(0);
  return Math.min(value, 99.9).toFixed(1);
}

/** 4832 → `1 h 21 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `under 1${GAP}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${GAP}s`;
  if (whole < 600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes}${GAP}min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return joined(hours, "h", minutes % 60, "min");
  return joined(Math.floor(hours / 24), "d", hours % 24, "h");
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0
    ? `${large}${GAP}${largeUnit}`
    : `${large}${GAP}${largeUnit} ${small}${GAP}${smallUnit}`;
}

/** 7340032 → `7.3 MB`. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 99.5 ? size.toFixed(0) : size.toPrecision(2)}${GAP}${units[unit]}`;
}

/** `just now`, `5 min ago`, then the date. */
export function ago(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000;
  if (seconds < 10) return "just now";
  if (seconds < 24 * 3600) return `${duration(coarse(seconds))} ago`;
  return time.slice(0, 10);
}

function coarse(seconds: number): number {
  if (seconds < 60) return seconds;
  return seconds < 3600 ? Math.round(seconds / 60) * 60 : Math.round(seconds / 3600) * 3600;
}

/** The exact moment, in the reader's own time zone. */
export function moment(time: string): string {
  return new Date(time).toLocaleString();
}

/** With a capital at its start. */
export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** 3 → `3rd`. */
export function ordinal(value: number): string {
  const tens = value % 100;
  if (tens >= 11 && tens <= 13) return `${value}th`;
  return `${value}${["th", "st", "nd", "rd"][value % 10] ?? "th"}`;
}
