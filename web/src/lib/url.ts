/** The reader's choices for a ranking; all of them live in the URL. */
export interface View {
  signal: string;
  window: string;
  variant: string;
  order: "desc" | "asc";
  label: string | null;
  split: string | null;
  group: string | null;
  min: string | null;
  max: string | null;
}

/** A view as query parameters, as the URL and the API name them. */
export type ViewQuery = Partial<Record<keyof View, string>>;

export const DEFAULT_VIEW: View = {
  signal: "final_loss",
  window: "all",
  variant: "std",
  order: "desc",
  label: null,
  split: null,
  group: null,
  min: null,
  max: null,
};

/** Only VoG is taken over checkpoints, so only it has windows and variants. */
export function hasWindows(signal: string): boolean {
  return signal === "vog";
}

export function readView(search: URLSearchParams): View {
  const signal = search.get("signal") ?? DEFAULT_VIEW.signal;
  const windowed = hasWindows(signal);
  return {
    signal,
    window: (windowed && search.get("window")) || DEFAULT_VIEW.window,
    variant: (windowed && search.get("variant")) || DEFAULT_VIEW.variant,
    order: search.get("order") === "asc" ? "asc" : "desc",
    label: search.get("label"),
    split: search.get("split"),
    group: search.get("group"),
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
export function apiQuery(view: View): ViewQuery {
  const query: ViewQuery = Object.fromEntries(writeView(view));
  query.signal = view.signal;
  if (!hasWindows(view.signal)) return query;
  return { ...query, window: view.window, variant: view.variant };
}

/** Address of the ranking as CSV. A file is always hardest first. */
export function csvUrl(address: string, view: View): string {
  const { order: _, ...query } = apiQuery(view);
  return `${address}?${new URLSearchParams(query)}`;
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
  return hasWindows(view.signal) ? `${view.variant}:${view.window}` : "default";
}
