import type { Grouping } from "../../api/types";
import { GROUPING_WORDS } from "../../lib/groupings";
import { DEFAULT_VIEW } from "../../lib/url";
import "./ranking-filters.css";

interface Props {
  value: Grouping;
  options: Grouping[];
  /** The three ways side by side. */
  besideHref: string;
  onChange: (value: Grouping) => void;
}

/** How groups are compared, with what the chosen way does and does wrong. */
export function GroupingChoice({ value, options, besideHref, onChange }: Props) {
  return (
    <span class="ranking-filters__subset">
      <label class="ranking-filters__choice">
        <span>Compare groups</span>
        <select
          // The options arrive after the value; a new key lets the browser choose again.
          key={options.length}
          value={value}
          onChange={(event) => {
            const chosen = options.find((grouping) => grouping === event.currentTarget.value);
            if (chosen) onChange(chosen);
          }}
        >
          {options.map((grouping) => (
            <option key={grouping} value={grouping} title={GROUPING_WORDS[grouping].meaning}>
              {GROUPING_WORDS[grouping].name}
            </option>
          ))}
        </select>
      </label>
      <span class="ranking-filters__rule quiet">
        {value !== DEFAULT_VIEW.grouping && `${GROUPING_WORDS[value].meaning} · `}
        <a href={besideHref}>
          <span class="unseen">all three </span>side by side
        </a>
      </span>
    </span>
  );
}
