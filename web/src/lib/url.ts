import type { Population, RankingQuery, SignalName, SubsetName, Variant } from "../api/types";

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
];

/** The reader's choices for a ranking; all of them live in the URL. */
export interface View {
  signal: SignalName;
  window: string;
  variant: Variant;
  /** The examples that were trained on, or the others; they are never mixed. */
  population: Population;
  order: "desc" | "asc";
  label: string | null;
  split: string | null;
  group: string | null;
  /** A part of the audit that a rule picks out. */
  subset: SubsetName | null;
  /** A category of the archaeology. */
  category: string | null;
  min: string | null;
  max: string | null;
}

/** Ends the key of scores over examples that were not trained on. */
export const HELD_OUT = "@held_out";

export const DEFAULT_VIEW: View = {
  signal: "label_issue",
  window: "all",
  variant: "std",
  population: "trained",
  order: "desc",
  label: null,
  split: null,
  group: null,
  subset: null,
  category: null,
  min: null,
  max: null,
};

/** Only VoG is taken over checkpoints, so only it has windows and variants. */
export function hasWindows(signal: SignalName): boolean {
  return signal === "vog";
}

export function readView(search: URLSearchParams): View {
  const signal = SIGNALS.find((name) => name === search.get("signal")) ?? DEFAULT_VIEW.signal;
  const windowed = hasWindows(signal);
  return {
    signal,
    window: (windowed && search.get("window")) || DEFAULT_VIEW.window,
    variant: windowed && search.get("variant") === "paper" ? "paper" : "std",
    population: search.get("population") === "held_out" ? "held_out" : "trained",
    order: search.get("order") === "asc" ? "asc" : "desc",
    label: search.get("label"),
    split: search.get("split"),
    group: search.get("group"),
    // The server knows which there are, and says so where one is not.
    subset: search.get("subset") as SubsetName | null,
    category: search.get("category"),
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
    if (value !== null && value !== DEFAULT_VIEW[name]) search.set(name, value);
  }
  return search;
}

/** The same for the API, which is told the signal, its window and its variant outright. */
export function apiQuery(view: View): RankingQuery {
  const { signal, window, variant, population, order, label, split, group } = view;
  const { subset, category, min, max } = view;
  return {
    signal,
    ...(hasWindows(signal) && { window, variant }),
    ...(population !== DEFAULT_VIEW.population && { population }),
    ...(order !== DEFAULT_VIEW.order && { order }),
    ...(label !== null && { label }),
    ...(split !== null && { split }),
    ...(group !== null && { group }),
    ...(subset !== null && { subset }),
    ...(category !== null && { category }),
    ...(min !== null && { min: Number(min) }),
    ...(max !== null && { max: Number(max) }),
  };
}

/** Address of the ranking as a file, which is always hardest first. */
export function fileUrl(address: string, view: View): string {
  const { order: _, ...query } = apiQuery(view);
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return `${address}?${new URLSearchParams(pairs)}`;
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
  const scoring = hasWindows(view.signal) ? `${view.variant}:${view.window}` : "default";
  return view.population === "held_out" ? `${scoring}${HELD_OUT}` : scoring;
}
