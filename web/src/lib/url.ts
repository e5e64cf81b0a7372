import type {
  Grouping,
  Population,
  RankingQuery,
  SignalName,
  SubsetName,
  Variant,
} from "../api/types";

/** Every signal, in the order in which the page offers them. */
export const SIGNALS: readonly SignalName[] = [
  "label_issue",
  "vog",
  "final_loss",
  "aum",
  "mean_loss",
  "confidence",
  "variability",
  "aleatoric",
  "correctness",
  "forgetting",
  "first_learned",
  "stayed_learned",
  "el2n",
  "pie",
];

/** The ways of comparing groups, in the API's order. */
export const GROUPINGS: readonly Grouping[] = ["global", "within_group", "shrunken"];

/** The reader's choices for a ranking; all of them live in the URL. */
export interface View {
  signal: SignalName;
  window: string;
  variant: Variant;
  /** The population of models that is compared with the unpruned one. */
  level: string | null;
  /** The examples that were trained on, or the others; they are never mixed. */
  population: Population;
  /** How groups are compared. */
  grouping: Grouping;
  order: "hardest" | "easiest";
  label: string | null;
  split: string | null;
  group: string | null;
  /** A part of the audit that a rule picks out. */
  subset: SubsetName | null;
  /** How much of a ranking the subset's rule takes, instead of its default. */
  share: string | null;
  /** A category of the archaeology. */
  category: string | null;
  /** What was decided; several standings with commas between. */
  standing: string | null;
  /** Bounds of other signals, as the API writes them. */
  within: string | null;
  /** The reviewer who has not decided yet. */
  open_to: string | null;
  min: string | null;
  max: string | null;
}

/** Ends the key of scores over examples that were not trained on. */
export const HELD_OUT = "@held_out";

export const DEFAULT_VIEW: View = {
  signal: "label_issue",
  window: "all",
  variant: "std",
  level: null,
  population: "trained",
  grouping: "global",
  order: "hardest",
  label: null,
  split: null,
  group: null,
  subset: null,
  share: null,
  category: null,
  standing: null,
  within: null,
  open_to: null,
  min: null,
  max: null,
};

/** Only VoG is taken over checkpoints, so only it has windows and variants. */
export function hasWindows(signal: SignalName): boolean {
  return signal === "vog";
}

/** Only disagreement is of a population of models, so only it has levels. */
export function hasLevels(signal: SignalName): boolean {
  return signal === "pie";
}

/** Signals that are also ranked with groups compared in other ways than globally. */
export const COMPARED: readonly SignalName[] = ["label_issue", "final_loss", "vog"];

/** Whether groups can be compared in this view: of VoG, over all checkpoints alone. */
export function isCompared({ signal, window, variant }: View): boolean {
  const { window: all, variant: usual } = DEFAULT_VIEW;
  return COMPARED.includes(signal) && window === all && variant === usual;
}

export function readView(search: URLSearchParams): View {
  const signal = SIGNALS.find((name) => name === search.get("signal")) ?? DEFAULT_VIEW.signal;
  const windowed = hasWindows(signal);
  const subset = search.get("subset");
  return {
    signal,
    window: (windowed && search.get("window")) || DEFAULT_VIEW.window,
    variant: windowed && search.get("variant") === "paper" ? "paper" : "std",
    level: hasLevels(signal) ? search.get("level") : null,
    population: search.get("population") === "held_out" ? "held_out" : "trained",
    grouping: GROUPINGS.find((name) => name === search.get("grouping")) ?? DEFAULT_VIEW.grouping,
    order: search.get("order") === "easiest" ? "easiest" : "hardest",
    label: search.get("label"),
    split: search.get("split"),
    group: search.get("group"),
    // The server knows which there are, and says so where one is not.
    subset,
    share: subset === null ? null : number(search.get("share")),
    category: search.get("category"),
    standing: search.get("standing"),
    within: search.get("within"),
    open_to: search.get("open_to"),
    min: number(search.get("min")),
    max: number(search.get("max")),
  };
}

/** What differs from the default, in a fixed order: equal views give equal URLs. */
export function writeView(view: View): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of Object.keys(DEFAULT_VIEW) as (keyof View)[]) {
    const value = view[name];
    if (!hasWindows(view.signal) && (name === "window" || name === "variant")) continue;
    if (!hasLevels(view.signal) && name === "level") continue;
    if (view.subset === null && name === "share") continue;
    if (value !== null && value !== DEFAULT_VIEW[name]) search.set(name, value);
  }
  return search;
}

/** The same for the API, which is told the signal and how it is computed outright. */
export function apiQuery(view: View): RankingQuery {
  const { signal, window, variant, level, population, grouping, order } = view;
  const { label, split, group, subset, share, category, standing, within, open_to, min, max } =
    view;
  return {
    signal,
    ...(hasWindows(signal) && { window, variant }),
    ...(hasLevels(signal) && level !== null && { level }),
    ...(population !== DEFAULT_VIEW.population && { population }),
    ...(grouping !== DEFAULT_VIEW.grouping && { grouping }),
    ...(order !== DEFAULT_VIEW.order && { order }),
    ...(label !== null && { label }),
    ...(split !== null && { split }),
    ...(group !== null && { group }),
    ...(subset !== null && { subset }),
    ...(subset !== null && share !== null && { share: Number(share) }),
    ...(category !== null && { category }),
    ...(standing !== null && { standing }),
    ...(within !== null && { within }),
    ...(open_to !== null && { open_to }),
    ...(min !== null && { min: Number(min) }),
    ...(max !== null && { max: Number(max) }),
  };
}

/** Address of the ranking as a file, which is always hardest first. */
export function fileUrl(address: string, view: View): string {
  return `${address}?${rowsQuery(view)}`;
}

/** Which rows of a ranking a view shows, in whatever order. */
export function countQuery(view: View): Omit<RankingQuery, "order"> {
  const { order: _, ...query } = apiQuery(view);
  return query;
}

/** The same as a query string. */
export function rowsQuery(view: View): string {
  const pairs = Object.entries(countQuery(view)).map(([name, value]) => [name, String(value)]);
  return new URLSearchParams(pairs).toString();
}

/** A path with these parameters, without a bare question mark. */
export function withQuery(path: string, search: URLSearchParams): string {
  const query = search.toString();
  return query ? `${path}?${query}` : path;
}

function number(text: string | null): string | null {
  return text !== null && text.trim() !== "" && Number.isFinite(Number(text)) ? text : null;
}

/** The key under which the API lists the scores that a view shows. */
export function scoringKey(view: View): string {
  const { population, grouping } = view;
  const scoring = computation(view);
  const compared = grouping === DEFAULT_VIEW.grouping ? scoring : `${scoring}@${grouping}`;
  return population === "held_out" ? `${compared}${HELD_OUT}` : compared;
}

function computation({ signal, window, variant, level }: View): string {
  if (hasWindows(signal)) return `${variant}:${window}`;
  return (hasLevels(signal) && level) || "default";
}
