import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, follow } from "./events";
import type { AuditEvent } from "./types";

class FakeSource extends EventTarget {
  readyState = 1;
  constructor(readonly url: string) {
    super();
  }
  close() {
    this.readyState = 2;
  }
  say(kind: string, data: object) {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
  }
  fail(readyState: number) {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
}

function following() {
  const opened: FakeSource[] = [];
  const events: AuditEvent[] = [];
  const connections: Connection[] = [];
  const stop = follow(
    "/events",
    {
      onEvent: (event) => events.push(event),
      onProgress: () => {},
      onConnection: (connection) => connections.push(connection),
    },
    (url) => {
      const source = new FakeSource(url);
      opened.push(source);
      return source as unknown as EventSource;
    },
  );
  const latest = () => opened.at(-1) as FakeSource;
  return { opened, events, connections, stop, latest };
}

const state = (seq: number) => ({ seq, at: "", kind: "state", state: "running" });

describe("following events", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("tells an event once, even when the stream repeats it", () => {
    const { events, latest } = following();
    latest().say("state", state(1));
    latest().say("state", state(2));
    latest().say("state", state(1));
    latest().say("state", state(2));
    expect(events.map((event) => event.seq)).toEqual([1, 2]);
  });

  it("leaves a lost network to the browser", () => {
    const { opened, latest } = following();
    latest().fail(0);
    vi.advanceTimersByTime(60_000);
    expect(opened).toHaveLength(1);
  });

  it("opens a new stream after the last event when the browser gave up, ever less often", () => {
    const { opened, connections, latest } = following();
    latest().say("state", state(7));
    latest().fail(2);
    expect(connections.at(-1)).toBe("lost");
    vi.advanceTimersByTime(1_000);
    expect(opened.map((source) => source.url)).toEqual(["/events?after=0", "/events?after=7"]);
    latest().fail(2);
    vi.advanceTimersByTime(1_999);
    expect(opened).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(opened).toHaveLength(3);
  });

  it("ends when the server says so, and when it is stopped", () => {
    const ended = following();
    ended.latest().say("end", {});
    expect(ended.connections.at(-1)).toBe("ended");
    expect(ended.latest().readyState).toBe(2);

    const stopped = following();
    stopped.latest().fail(2);
    stopped.stop();
    vi.advanceTimersByTime(60_000);
    expect(stopped.opened).toHaveLength(1);
  });
});
