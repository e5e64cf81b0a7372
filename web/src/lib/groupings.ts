import type { FlaggedInGroup, Grouping, ScoreSet } from "../api/types";
import { DEFAULT_VIEW, GROUPINGS, isCompared, scoringKey, type View } from "./url";

interface Words {
  name: string;
  /** How it compares groups, and what it does wrong. */
  meaning: string;
}

/** The ways of comparing groups in words; each is unfair in its own way. */
export const GROUPING_WORDS: Record<Grouping, Words> = {
  global: {
    name: "Globally",
    meaning: "scores as they are: a small group that is hard and clean is flooded",
  },
  within_group: {
    name: "Within groups",
    meaning:
      "each score against the middle of its own group: that a group is noisier than others is hidden",
  },
  shrunken: {
    name: "Shrunken",
    meaning:
      "a group's difference from all taken out, as far as the group is large enough to know it",
  },
};

/**
 * The ways in which a view's ranking compares groups; the global one alone where there are none. The
 * view's own stays among them, so that one that does not exist can be left again.
 */
export function groupingsOf(scores: ScoreSet[], view: View): Grouping[] {
  const exists = (grouping: Grouping) => {
    const key = scoringKey({ ...view, grouping });
    return scores.some(({ signal, scoring }) => signal === view.signal && scoring === key);
  };
  const always = [DEFAULT_VIEW.grouping, view.grouping];
  return GROUPINGS.filter((grouping) => always.includes(grouping) || exists(grouping));
}

/** The same view where another signal, window or formula was chosen: not all of them compare groups. */
export function comparedAlike(view: View): View {
  return isCompared(view) ? view : { ...view, grouping: DEFAULT_VIEW.grouping };
}

/** Why nothing can be flagged in a group by one ranking; null where something can. */
export function whyNoneFlagged(
  { grouping, share }: FlaggedInGroup,
  group: string | null | undefined,
): string | null {
  if (share != null) return null;
  if (grouping !== "within_group") return "none has a score";
  return group == null ? "no group to compare with" : "too small or too alike to tell";
}
