import type { AuditEvent, LiveProgress } from "./types";

const KINDS = [
  "state",
  "started",
  "epoch",
  "checkpoint",
  "missing",
  "refused",
  "recipe",
  "interrupted",
];
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

export type Connection = "connecting" | "live" | "lost" | "ended";

export interface Listener {
  onEvent(event: AuditEvent): void;
  onProgress(progress: LiveProgress): void;
  onConnection(connection: Connection): void;
}

/**
 * Follows an audit's events until they end or the returned function is called.
 *
 * The browser reconnects by itself with `Last-Event-ID` while the network is the trouble; when
 * the server answers with an error it gives up, and then we open a new stream after the last
 * event seen. Events that come twice are told once.
 */
export function follow(
  url: string,
  listener: Listener,
  open: (url: string) => EventSource = (address) => new EventSource(address),
): () => void {
  let last = 0;
  let retryIn = FIRST_RETRY_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source = connect();

  function connect(): EventSource {
    listener.onConnection("connecting");
    const stream = open(`${url}?after=${last}`);
    for (const kind of KINDS) stream.addEventListener(kind, receive as (event: Event) => void);
    stream.addEventListener("progress", (message) => {
      listener.onProgress(JSON.parse((message as MessageEvent<string>).data));
    });
    stream.addEventListener("end", () => {
      stream.close();
      listener.onConnection("ended");
    });
    stream.addEventListener("open", () => {
      retryIn = FIRST_RETRY_MS;
      listener.onConnection("live");
    });
    stream.addEventListener("error", () => {
      listener.onConnection("lost");
      if (stream.readyState !== 2) return;
      timer = setTimeout(() => {
        source = connect();
      }, retryIn);
      retryIn = Math.min(retryIn * 2, LAST_RETRY_MS);
    });
    return stream;
  }

  function receive(message: MessageEvent<string>): void {
    const event = JSON.parse(message.data) as AuditEvent;
    if (event.seq <= last) return;
    last = event.seq;
    listener.onEvent(event);
  }

  return () => {
    clearTimeout(timer);
    source.close();
  };
}
