import { count } from "./format";
import { matching } from "./matching";

/** Offered while typing: a list of ten thousand would help nobody. */
const OFFERED = 20;

export interface FoundClass {
  /** The class that is named, or the only one that fits. */
  chosen: string | undefined;
  /** The first ones that fit. */
  offered: string[];
  /** How many fit. */
  fitting: number;
}

/** The classes that what was typed may mean; none where nothing was. */
export function findClass(classes: string[], typed: string): FoundClass {
  const wanted = typed.trim().toLowerCase();
  const fitting = wanted ? matching(classes, typed, (name) => name) : [];
  const exact =
    fitting.find((name) => name === typed.trim()) ??
    fitting.find((name) => name.toLowerCase() === wanted);
  return {
    chosen: exact ?? (fitting.length === 1 ? fitting[0] : undefined),
    offered: fitting.slice(0, OFFERED),
    fitting: fitting.length,
  };
}

/** How many fit, in words. */
export function fittingWords({ fitting }: FoundClass): string {
  return fitting === 0 ? "no such class" : `${count(fitting)} classes fit`;
}
