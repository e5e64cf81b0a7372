import { GROUPING_WORDS } from "./groupings";
import { GROUPINGS } from "./url";

/** `std:early@shrunken` → `early, shrunken`; what is usual is not said. */
export function scoringName(scoring: string): string {
  const [key = "", ...marks] = scoring.split("@");
  const [variant, window] = key.split(":");
  const grouping = GROUPINGS.find((name) => marks.includes(name));
  return [
    window,
    window && variant !== "std" ? `${variant}'s formula` : "",
    grouping ? GROUPING_WORDS[grouping].name.toLowerCase() : "",
    marks.includes("held_out") ? "among the held-out examples" : "",
  ]
    .filter(Boolean)
    .join(", ");
}
