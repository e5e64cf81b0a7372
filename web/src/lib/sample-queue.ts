import { problemOf } from "../api/client";
import type { OpenExample, Problem } from "../api/types";

/** How many are asked for at once, and how few are left when more are. */
const BATCH = 40;
const FEW = 10;

/**
 * What is still to be reviewed of a sample, a few examples ahead of the reviewer.
 *
 * What was decided here is passed over at once, whether the server has it yet or not.
 */
export class SampleQueue {
  /** The current one first. */
  items: OpenExample[] = [];
  problem: Problem | null = null;
  /** Whether the server has been asked at all. */
  started = false;

  private decided = new Set<number>();
  private hasMore = true;
  private loads: Promise<void> | null = null;
  private listeners = new Set<() => void>();

  constructor(private readonly open: (limit: number) => Promise<OpenExample[]>) {}

  /** Whether nothing is left to decide on, as far as it is known. */
  get isDone(): boolean {
    const isKnown = this.started && this.loads === null && this.problem === null;
    return isKnown && this.items.length === 0 && !this.hasMore;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Loads what is open; a second call meanwhile waits for the same. */
  more(): Promise<void> {
    this.loads ??= this.load();
    return this.loads;
  }

  /** It is decided: on to the next. */
  pass(index: number): void {
    this.decided.add(index);
    this.items = this.items.filter((item) => item.index !== index);
    this.tell();
    if (this.items.length <= FEW && this.hasMore) void this.more();
  }

  /** Its decision was taken back, or never taken: it is open again. */
  async reopen(index: number): Promise<void> {
    this.decided.delete(index);
    // What is being loaded was asked for before.
    await this.loads;
    await this.more();
  }

  private async load(): Promise<void> {
    this.problem = null;
    this.tell();
    try {
      const open = await this.open(BATCH);
      this.items = open.filter((item) => !this.decided.has(item.index));
      this.hasMore = open.length === BATCH;
      this.started = true;
    } catch (thrown) {
      this.problem = problemOf(thrown);
    }
    this.loads = null;
    this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
