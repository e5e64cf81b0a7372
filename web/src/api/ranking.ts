import { apiQuery, countQuery, type View, writeView } from "../lib/url";
import { api, ProblemError, problemOf, unwrap } from "./client";
import type { ExampleStanding, Problem, RankedExample, ScoreInfo, StandingOfIndex } from "./types";

const PAGE = 60;
const KEPT = 8;

/**
 * One ranking, loaded page by page as the reader goes along.
 *
 * The grid and the open example share it, so that next and previous keep the grid's order.
 */
export class Ranking {
  items: RankedExample[] = [];
  info: ScoreInfo | null = null;
  total = 0;
  /** How many examples fit the view's filters; null until they are counted. */
  matching: number | null = null;
  problem: Problem | null = null;
  finished = false;

  private next: string | null = null;
  private turn = 0;
  private loads: Promise<void> | null = null;
  private listeners = new Set<() => void>();

  constructor(
    readonly audit: string,
    readonly view: View,
  ) {}

  get started(): boolean {
    return this.info !== null;
  }

  get isWatched(): boolean {
    return this.listeners.size > 0;
  }

  get loading(): boolean {
    return this.loads !== null;
  }

  /** Whether it is only more of it that cannot be loaded. */
  get lacksMore(): boolean {
    return this.problem !== null && this.next !== null;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Loads the next page; a second call meanwhile waits for the same. */
  more(): Promise<void> {
    if (this.finished) return Promise.resolve();
    this.loads ??= this.load();
    return this.loads;
  }

  /** Any example may stand differently by now: begins anew, and shows what it had until it knows better. */
  renew(): void {
    this.turn += 1;
    this.next = null;
    this.finished = false;
    this.loads = this.load();
  }

  private async load(): Promise<void> {
    const { turn } = this;
    this.problem = null;
    this.tell();
    try {
      const page = await this.fetch(this.next, PAGE);
      if (turn !== this.turn) return;
      this.items = this.next === null ? page.items : [...this.items, ...page.items];
      this.info = page.signal;
      this.total = page.total;
      if (page.matching !== null) this.matching = page.matching ?? null;
      else if (this.matching === null || this.changes) void this.count(turn);
      this.next = page.next ?? null;
      this.finished = this.next === null;
    } catch (thrown) {
      if (turn !== this.turn) return;
      this.problem = problemOf(thrown);
    }
    this.loads = null;
    this.tell();
  }

  /** Counts what fits the filters: that takes longer than a page of it, which does not wait. */
  private async count(turn: number): Promise<void> {
    const params = { path: { id: this.audit }, query: countQuery(this.view) };
    const found = await api.GET("/v1/audits/{id}/examples/count", { params }).catch(() => null);
    // Without an answer it is counted with the next page.
    if (turn !== this.turn || !found?.data) return;
    this.matching = found.data.matching;
    this.tell();
  }

  /** Whether the number of examples that fit changes as reviewers decide. */
  private get changes(): boolean {
    return this.view.standing !== null || this.view.open_to !== null;
  }

  /**
   * The example after or before this one in the ranking's order; null at its ends. Throws a `ProblemError` where that
   * cannot be known.
   */
  async beside(index: number, rank: number | null, step: 1 | -1): Promise<RankedExample | null> {
    const at = this.items.findIndex((item) => item.index === index);
    if (at < 0) return rank === null ? null : this.besideRank(rank, step);
    if (at + step >= this.items.length) await this.moreOrThrow();
    return this.items[at + step] ?? null;
  }

  private async moreOrThrow(): Promise<void> {
    await this.more();
    if (this.problem) throw new ProblemError(this.problem);
  }

  /** Notes where an example stands by now; nothing is loaded again. */
  setStanding(index: number, standing: ExampleStanding): void {
    const at = this.items.findIndex((item) => item.index === index);
    const item = this.items[at];
    if (!item || isSame(item.standing, standing)) return;
    this.items = this.items.with(at, { ...item, standing });
    this.tell();
  }

  /**
   * The next example in the ranking's order on which nobody has decided; null where none is left. Throws a
   * `ProblemError` where that cannot be known.
   */
  async nextUndecided(index: number): Promise<RankedExample | null> {
    for (;;) {
      const found = this.loadedUndecided(index);
      if (found) return found;
      const before = this.items.length;
      await this.moreOrThrow();
      if (this.items.length === before) return null;
    }
  }

  /** The same, among those that are loaded: known without waiting. */
  loadedUndecided(index: number): RankedExample | null {
    const after = this.items.findIndex((item) => item.index === index) + 1;
    const isNext = (item: RankedExample, at: number) =>
      at >= after && item.standing.standing === "undecided";
    return this.items.find(isNext) ?? null;
  }

  /** Neighbour of an example that was opened by its address, far from the loaded pages. */
  private async besideRank(rank: number, step: 1 | -1): Promise<RankedExample | null> {
    // The API pages forwards only; the opposite order gives the one before.
    const page = await this.fetch(String(rank), 1, step === 1 ? this.view.order : this.opposite);
    return page.items[0] ?? null;
  }

  private get opposite(): View["order"] {
    return this.view.order === "hardest" ? "easiest" : "hardest";
  }

  private fetch(after: string | null, limit: number, order = this.view.order) {
    const page = { order, limit, count: false, ...(after !== null && { after }) };
    const params = { path: { id: this.audit }, query: { ...apiQuery(this.view), ...page } };
    return unwrap(api.GET("/v1/audits/{id}/examples", { params }));
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function isSame(one: ExampleStanding, other: ExampleStanding): boolean {
  return (
    one.standing === other.standing &&
    (one.label ?? null) === (other.label ?? null) &&
    one.reviewers === other.reviewers
  );
}

const kept = new Map<string, Ranking>();

/** The ranking of this view; the last few are kept, so that going back is instant. */
export function rankingOf(audit: string, view: View): Ranking {
  const key = `${audit}?${writeView(view)}`;
  const ranking = kept.get(key) ?? new Ranking(audit, view);
  kept.delete(key);
  kept.set(key, ranking);
  for (const oldest of [...kept.keys()].slice(0, -KEPT)) kept.delete(oldest);
  return ranking;
}

/** Notes where examples stand by now, in every ranking of the audit that is kept. */
export function noteStandings(audit: string, standings: readonly StandingOfIndex[]): void {
  for (const ranking of kept.values())
    if (ranking.audit === audit)
      for (const { index, ...standing } of standings) ranking.setStanding(index, standing);
}

/** Any example of the audit may stand differently by now: what is shown is loaded again, what is kept forgotten. */
export function renewRankings(audit: string): void {
  for (const [key, ranking] of kept) {
    if (ranking.audit !== audit) continue;
    if (ranking.isWatched) ranking.renew();
    else kept.delete(key);
  }
}
