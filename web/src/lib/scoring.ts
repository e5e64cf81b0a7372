import { GROUPING_WORDS } from "./groupings";
import { levelTitle } from "./levels";
import { GROUPINGS } from "./url";

/** `std:early@shrunken` → `early, shrunken`, `0.5` → `pruned 50 %`; what is usual is not said. */
export function scoringName(scoring: string): string {
  const [key = "", ...marks] = scoring.split("@");
  const grouping = GROUPINGS.find((name) => marks.includes(name));
  return [
    ...computed(key),
    grouping ? GROUPING_WORDS[grouping].name.toLowerCase() : "",
    marks.includes("held_out") ? "among the held-out examples" : "",
  ]
    .filter(Boolean)
    .join(", ");
}

function computed(key: string): string[] {
  if (key === "default") return [];
  const [variant, window] = key.split(":");
  if (window === undefined) return [levelTitle(key).toLowerCase()];
  return [window, variant === "std" ? "" : `${variant}'s formula`];
}
