import type { Member, Pie } from "../api/types";
import { part } from "./format";

/** How far the models of a population are compressed, as people read it. */
export function levelTitle(level: string): string {
  if (level === "unpruned") return "Unpruned";
  if (level === "null") return "Unpruned again (null)";
  if (isQuantised(level)) return `Rounded to ${level}`;
  return `Pruned ${part(Number(level))}`;
}

/** The populations that are compared with the unpruned one: what chance does comes last. */
export function comparedLevels(pie: Pie | null | undefined): string[] {
  if (!pie) return [];
  return [...pie.sparsities.map(String), ...pie.quantise, ...(pie.null ? ["null"] : [])];
}

/** The subset of the examples on which a population disagrees with the unpruned one. */
export function exemplarsOf(level: string): string {
  return isQuantised(level) ? `cie_${level}` : `pie@${level}`;
}

/** `Pruned 50 %, model 3`: counted from 1 as people do. */
export function memberTitle({ level, number }: Member): string {
  return `${levelTitle(level)}, model ${number + 1}`;
}

/** Whether its models are the unpruned ones, rounded after training. */
export function isQuantised(level: string): boolean {
  return /^(int|fp)\d+$/.test(level);
}
