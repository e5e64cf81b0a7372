import type { Dataset, Grouping, SubsetName, SubsetOfAudit } from "../../api/types";
import { boundsInWords } from "../../lib/bounds";
import { count, part } from "../../lib/format";
import { comparedAlike } from "../../lib/groupings";
import { reviewer } from "../../lib/reviewer";
import { QUEUES } from "../../lib/standings";
import { useStore } from "../../lib/store";
import { hasLevels, hasWindows, type View } from "../../lib/url";
import { Folded } from "../folded";
import { ClassFilter } from "./class-filter";
import { GroupingChoice } from "./grouping-choice";
import { LevelChoice } from "./level-choice";
import { PopulationChoice } from "./population-choice";
import "./ranking-filters.css";

/** More classes than this are searched, not listed. */
const LISTED = 500;

const WINDOWS: [window: string, name: string, meaning: string][] = [
  ["all", "All", "over every checkpoint"],
  ["early", "Early", "over the first three checkpoints"],
  ["middle", "Middle", "over the three checkpoints in the middle"],
  ["late", "Late", "over the last three checkpoints"],
];

/** Filters without a control of their own; they come from links. */
const CHIPS: [filter: keyof View, name: string, said?: (value: string) => string][] = [
  ["share", "share of the ranking", (share) => part(Number(share))],
  ["group", "group"],
  ["category", "category"],
  ["open_to", "not decided by"],
  ["within", "where", (within) => boundsInWords(within)],
  ["min", "score from"],
  ["max", "score to"],
];

interface Props {
  view: View;
  dataset: Dataset | null;
  /** Whether the signal also ranks examples that were not trained on. */
  heldOut: boolean;
  /** The ways in which the ranking compares groups. */
  groupings: Grouping[];
  /** What they flag, side by side. */
  groupsHref: string;
  subsets: SubsetOfAudit[];
  /** The populations of models that are compared with the unpruned one. */
  levels: string[];
  hrefOf: (view: View) => string;
  onChange: (view: View) => void;
}

/** Which part of the ranking, from which end. */
export function RankingFilters(props: Props) {
  const { view, dataset, heldOut, groupings, groupsHref, subsets, levels, hrefOf, onChange } =
    props;
  const classes = dataset?.class_names ?? [];
  const me = useStore(reviewer);
  const splits = dataset?.facts?.splits.map((split) => split.name) ?? [];
  return (
    <div class="ranking-filters small">
      <Folded title={foldedTitle(view)}>
        {hasLevels(view.signal) && (
          <LevelChoice
            value={view.level}
            options={levels}
            onChange={(level) => onChange({ ...view, level, min: null, max: null })}
          />
        )}
        {classes.length > LISTED ? (
          <ClassFilter
            value={view.label}
            classes={classes}
            onChange={(label) => onChange({ ...view, label })}
          />
        ) : (
          dataset?.class_names?.length !== 0 && (
            <Choice
              name="Class"
              value={view.label}
              all="All classes"
              options={plain(classes)}
              onChange={(label) => onChange({ ...view, label })}
            />
          )
        )}
        {splits.length > 1 && (
          <Choice
            name="Split"
            value={view.split}
            all="All splits"
            options={plain(splits)}
            onChange={(split) => onChange({ ...view, split })}
          />
        )}
        {subsets.length > 0 && (
          <Subsets
            subsets={subsets}
            value={view.subset}
            onChange={(subset) => onChange({ ...view, subset, share: null })}
          />
        )}
        {heldOut && (
          <PopulationChoice
            value={view.population}
            onChange={(population) => onChange({ ...view, population, min: null, max: null })}
          />
        )}
        {groupings.length > 1 && (
          <GroupingChoice
            value={view.grouping}
            options={groupings}
            besideHref={groupsHref}
            onChange={(grouping) => onChange({ ...view, grouping, min: null, max: null })}
          />
        )}
        <Choice
          name="Queue"
          value={view.standing}
          all="All"
          options={QUEUES}
          onChange={(standing) => onChange({ ...view, standing })}
        />
        {me !== "" && (
          <label class="ranking-filters__choice">
            <input
              type="checkbox"
              checked={view.open_to === me}
              onChange={(event) =>
                onChange({ ...view, open_to: event.currentTarget.checked ? me : null })
              }
            />
            <span>Not decided by me</span>
          </label>
        )}
        <label class="ranking-filters__choice">
          <span>Order</span>
          <select
            value={view.order}
            onChange={(event) =>
              onChange({
                ...view,
                order: event.currentTarget.value === "easiest" ? "easiest" : "hardest",
              })
            }
          >
            <option value="hardest">Hardest first</option>
            <option value="easiest">Easiest first</option>
          </select>
        </label>
        {hasWindows(view.signal) && <Windows view={view} hrefOf={hrefOf} />}
      </Folded>
      {CHIPS.map(([filter, name, said = String]) => {
        const value = view[filter];
        if (value === null) return null;
        return (
          <a key={filter} class="ranking-filters__chip" href={hrefOf({ ...view, [filter]: null })}>
            {name} {said(value)} <span aria-hidden="true">×</span>
            <span class="unseen"> (remove this filter)</span>
          </a>
        );
      })}
    </div>
  );
}

/** Those that a list below chooses; chips are in sight anyway. */
const LISTS = ["label", "split", "subset", "standing"] as const;

function foldedTitle(view: View): string {
  const on = LISTS.filter((filter) => view[filter] !== null).length;
  return on === 0 ? "Filters and order" : `Filters and order: ${count(on)} chosen`;
}

function Windows({ view, hrefOf }: Pick<Props, "view" | "hrefOf">) {
  const custom = WINDOWS.every(([window]) => window !== view.window);
  return (
    <nav class="ranking-filters__windows" aria-label="Checkpoints">
      <span aria-hidden="true">Checkpoints</span>
      {WINDOWS.map(([window, name, meaning]) => (
        <a
          key={window}
          href={hrefOf(comparedAlike({ ...view, window, min: null, max: null }))}
          title={`Variance ${meaning}`}
          aria-current={window === view.window ? "true" : undefined}
        >
          {name}
        </a>
      ))}
      {custom && (
        <a href={hrefOf(view)} aria-current="true">
          {view.window}
        </a>
      )}
    </nav>
  );
}

interface SubsetsProps {
  subsets: SubsetOfAudit[];
  value: SubsetName | null;
  onChange: (value: SubsetName | null) => void;
}

/** Parts of the audit by rules. The rule of the chosen one stands beside it, also where nothing hovers. */
function Subsets({ subsets, value, onChange }: SubsetsProps) {
  const chosen = subsets.find((subset) => subset.name === value);
  return (
    <span class="ranking-filters__subset">
      <label class="ranking-filters__choice">
        <span>Subset</span>
        <select
          value={value ?? ""}
          title={chosen?.purpose}
          onChange={(event) => onChange(event.currentTarget.value || null)}
        >
          <option value="">All examples</option>
          {value !== null && !chosen && <option value={value}>{value}</option>}
          {subsets.map((subset) => (
            <option
              key={subset.name}
              value={subset.name}
              title={subset.unavailable ?? subset.rule}
              disabled={subset.unavailable != null && subset.name !== value}
            >
              {subset.title} ({subset.unavailable ?? count(subset.count ?? 0)})
            </option>
          ))}
        </select>
      </label>
      {chosen && <span class="ranking-filters__rule quiet">{chosen.rule}</span>}
    </span>
  );
}

interface ChoiceProps {
  name: string;
  value: string | null;
  all: string;
  options: readonly Option[];
  onChange: (value: string | null) => void;
}

type Option = readonly [value: string, name: string];

/** Values that are their own names. */
function plain(values: string[]): Option[] {
  return values.map((value) => [value, value]);
}

/** A native list: typing finds an entry among hundreds. An unknown value stays visible. */
function Choice({ name, value, all, options, onChange }: ChoiceProps) {
  const unlisted = value !== null && options.every(([listed]) => listed !== value);
  return (
    <label class="ranking-filters__choice">
      <span>{name}</span>
      <select
        // The options arrive after the value; a new key lets the browser choose again.
        key={options.length}
        value={value === null ? "" : `=${value}`}
        onChange={(event) => onChange(event.currentTarget.value.slice(1) || null)}
      >
        <option value="">{all}</option>
        {unlisted && <option value={`=${value}`}>{value}</option>}
        {options.map(([listed, words]) => (
          <option key={listed} value={`=${listed}`}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
