import type { ExampleStanding, Standing } from "../api/types";

/** What decisions come to, as shape and word: never by colour alone. */
export const STANDINGS: Record<Standing, [sign: string, word: string]> = {
  undecided: ["○", "undecided"],
  keep: ["✓", "kept"],
  relabel: ["→", "relabelled"],
  exclude: ["✕", "excluded"],
  second_look: ["◐", "second look"],
  cannot_judge: ["?", "cannot be judged"],
  conflict: ["⇄", "conflict"],
};

/** Queues by what was decided, in the order in which the page offers them. */
export const QUEUES: [standing: string, name: string][] = [
  ["undecided", "Undecided"],
  ["decided", "Decided"],
  ["conflict", "Conflicts"],
  ["second_look", "Second look"],
  ["cannot_judge", "Cannot be judged"],
  ["keep", "Kept"],
  ["relabel", "Relabelled"],
  ["exclude", "Excluded"],
];

/** `→ cat`, `✓ kept`, `⇄ conflict of 2`. */
export function standingWords({ standing, label, reviewers }: ExampleStanding): string {
  const [sign, word] = STANDINGS[standing];
  if (standing === "relabel" && label != null) return `${sign} ${label}`;
  return standing === "conflict" ? `${sign} ${word} of ${reviewers}` : `${sign} ${word}`;
}
