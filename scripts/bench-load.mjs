#!/usr/bin/env node
// What a large audit costs its readers and the training beside them, on one machine:
//
//   cargo run --release -p unearth-store --example large_audit -- DATA_DIR     prints AUDIT
//   UNEARTH_TOKEN=… unearth up --data-dir DATA_DIR --threads 1 --listen 127.0.0.1:7990
//   UNEARTH_TOKEN=… node scripts/bench-load.mjs http://127.0.0.1:7990 AUDIT DATASET.zip [MINUTES [RATE [EXPORT_MBPS]]]
//
// A training goes on all the time. First, for MINUTES (10), it is beside a load: pages of the ranking come at RATE a second
// (20), whether or not earlier ones were answered; four exports of the whole ranking stream, each read at EXPORT_MBPS
// megabytes a second (5), one after the other; 200 watch the training. Then by turns nobody reads, the same load comes, and
// nobody reads while a process of idle priority takes as much CPU as serving took.
// Prints the quantiles of the pages, the memory of the API every half minute, and the speed of the training in each.
// Linux alone; starts `chrt`, of util-linux.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const [url, audit, dataset, minutes = "10", rate = "20", exportMbps = "5"] = process.argv.slice(2);
const token = process.env.UNEARTH_TOKEN;
const SECONDS = 60 * Number(minutes);
const TURNS = 4;
const TURN_SECONDS = 40;
const EXPORTS = 4;
const WATCHERS = 200;
const TICKS = 100;

const headers = { authorization: `Bearer ${token}` };
const ask = (path, options = {}) =>
  fetch(url + path, {
    ...options,
    headers: { ...headers, ...options.headers },
  });
const json = async (path, options) => {
  const answer = await ask(path, options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};
const quantile = (sorted, share) =>
  sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)];
const median = (values) =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

// Processes: the API is the one that listens; its worker trains; the rest of its family is Postgres.
const processes = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return [
          {
            pid,
            parent: fields[1],
            seconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
            command,
          },
        ];
      } catch {
        return [];
      }
    });
const api = () =>
  processes().find(({ command }) => command[0].endsWith("unearth") && command.includes("up"));
/** CPU seconds of everything that serves: the API and Postgres, not the worker. */
function serving() {
  const all = processes();
  const isPostgres = ({ command }) =>
    command[0].startsWith("postgres") || command[0].includes("/postgres");
  const isApi = ({ command }) => command[0].endsWith("unearth") && command.includes("up");
  return all
    .filter((it) => isPostgres(it) || isApi(it))
    .reduce((sum, { seconds }) => sum + seconds, 0);
}
const anonymous = (pid) =>
  Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;

/** Uploads what is trained on meanwhile. */
async function upload() {
  const answer = await ask(`/v1/datasets?name=${dataset.split("/").at(-1)}`, {
    method: "POST",
    body: readFileSync(dataset),
  });
  const { id } = await answer.json();
  for (;;) {
    const { state, error } = await json(`/v1/datasets/${id}`);
    if (state === "ready") return id;
    if (state === "failed") throw new Error(JSON.stringify(error));
    await sleep(200);
  }
}

/** A training that goes on until it is stopped; tells its speed, epoch by epoch. */
async function training(id) {
  const begun = await json("/v1/audits", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      dataset_id: id,
      signals: ["final_loss"],
      recipe: { model: "cnn-s", epochs: 500 },
    }),
  });
  const epochs = async (after) => {
    const { items } = await json(`${begun.urls.events}?after=${after}&limit=1000`);
    return items;
  };
  let seen = 0;
  // The first epochs warm caches.
  for (let done = 0; done < 2; ) {
    for (const event of await epochs(seen)) {
      seen = event.seq;
      done += event.kind === "epoch";
    }
    await sleep(500);
  }
  return {
    events: begun.urls.events,
    /** Examples per second of the epochs since the last call. */
    async speeds() {
      const fresh = await epochs(seen);
      seen = fresh.at(-1)?.seq ?? seen;
      return fresh.filter(({ kind }) => kind === "epoch").map((event) => event.examples_per_second);
    },
    async stop() {
      await ask(begun.urls.cancel, { method: "POST" });
      while ((await json(begun.urls.self)).state !== "cancelled") await sleep(200);
    },
  };
}

/** Pages as people turn them: the first, the next ones, one class, what is undecided, a signal's. */
class Pages {
  constructor() {
    this.times = [];
    this.failed = 0;
    this.cursors = [];
    this.asked = 0;
  }
  path() {
    const base = `/v1/audits/${audit}/examples?limit=60&count=false`;
    const kinds = [
      "signal=label_issue",
      "signal=confidence",
      "signal=label_issue&standing=undecided",
    ];
    const at = this.asked++ % 6;
    if (at < 3) return `${base}&${kinds[at]}`;
    if (at === 3) return `${base}&signal=label_issue&label=class%20${this.asked % 100}`;
    return this.cursors.shift() ?? `${base}&${kinds[0]}`;
  }
  async one() {
    const path = this.path();
    const began = performance.now();
    try {
      const answer = await ask(path);
      const body = await answer.json();
      if (!answer.ok) throw new Error(JSON.stringify(body));
      this.times.push(performance.now() - began);
      if (body.next && this.cursors.length < 1_000)
        this.cursors.push(
          `${path.replace(/&after=.*/, "")}&after=${encodeURIComponent(body.next)}`,
        );
    } catch (error) {
      if (this.failed++ === 0) console.error(`${path}: ${error.message}`);
    }
  }
}

async function exported(until, tally) {
  while (performance.now() < until) {
    const answer = await ask(`/v1/audits/${audit}/ranking.csv?signal=label_issue`);
    const began = performance.now();
    let bytes = 0;
    for await (const piece of answer.body) {
      bytes += piece.length;
      tally.bytes += piece.length;
      const due = began + bytes / (1_000 * Number(exportMbps));
      if (due > performance.now()) await sleep(due - performance.now());
      if (performance.now() > until) return;
    }
    tally.whole += 1;
  }
}

async function watch(signal, tally) {
  try {
    const answer = await ask(run.events, {
      headers: { accept: "text/event-stream" },
      signal,
    });
    tally.connected += answer.ok;
    for await (const _ of answer.body);
  } catch {
    // It was told to go.
  }
}

async function load(seconds) {
  const { pid } = api();
  const [pages, files, watchers, memory] = [
    new Pages(),
    { bytes: 0, whole: 0 },
    { connected: 0 },
    [],
  ];
  const leave = new AbortController();
  const [began, cpu] = [performance.now(), serving()];
  const until = began + 1_000 * seconds;
  for (let n = 0; n < WATCHERS; n += 1) watch(leave.signal, watchers);
  const exports = Array.from({ length: EXPORTS }, () => exported(until, files));
  const turning = [];
  let nextMemory = 0;
  for (let n = 0; ; n += 1) {
    const due = began + (1_000 * n) / Number(rate);
    if (due > until) break;
    if (due > performance.now()) await sleep(due - performance.now());
    turning.push(pages.one());
    if (performance.now() - began >= nextMemory) {
      memory.push(anonymous(pid));
      nextMemory += 30_000;
    }
  }
  await Promise.all([...turning, ...exports]);
  const took = (performance.now() - began) / 1_000;
  leave.abort();
  pages.times.sort((a, b) => a - b);
  return {
    pages,
    files,
    watchers,
    memory,
    cpu: (serving() - cpu) / took,
    took,
  };
}

/** Takes `share` of a CPU at idle priority: all of some processes and a part of one. */
function spinner(cpus) {
  const spin = () => spawn("chrt", ["--idle", "0", "sh", "-c", "while :; do :; done"]);
  const whole = Array.from({ length: Math.floor(cpus) }, spin);
  const part = spin();
  const share = cpus - Math.floor(cpus);
  const beat = setInterval(() => {
    part.kill("SIGCONT");
    setTimeout(() => part.kill("SIGSTOP"), 100 * share);
  }, 100);
  return () => {
    clearInterval(beat);
    for (const child of [...whole, part]) child.kill("SIGKILL");
  };
}

const id = await upload();
const run = await training(id);
const speeds = {};
const measured = async (name, work) => {
  await run.speeds();
  const result = await work();
  const fresh = await run.speeds();
  speeds[name] = [...(speeds[name] ?? []), ...fresh];
  console.log(
    `${name.padEnd(9)} ${median(fresh).toFixed(0)} examples/s, median of ${fresh.length} epochs`,
  );
  return result;
};
const loaded = await measured("load", () => load(SECONDS));
// By turns, since a machine is not as fast all the time.
for (let turn = 0; turn < TURNS; turn += 1) {
  await measured("alone", () => sleep(1_000 * TURN_SECONDS));
  await measured("loaded", () => load(TURN_SECONDS));
  const stop = spinner(loaded.cpu);
  await measured("spinner", () => sleep(1_000 * TURN_SECONDS));
  stop();
}
await run.stop();

for (const name of ["loaded", "spinner"]) {
  const share = median(speeds[name]) / median(speeds.alone);
  console.log(`${name.padEnd(9)} ${share.toFixed(2)} of the training's speed alone`);
}
const { pages, files, watchers, memory } = loaded;
const ms = (share) => `${quantile(pages.times, share).toFixed(0)} ms`;
console.log(
  `pages     ${pages.times.length} at ${rate}/s, ${pages.failed} failed: p50 ${ms(0.5)}, p90 ${ms(0.9)}, p99 ${ms(0.99)}, longest ${ms(1)}`,
);
console.log(
  `exports   ${EXPORTS} at once, ${(files.bytes / 1e6 / loaded.took).toFixed(1)} MB/s together, ${files.whole} whole`,
);
console.log(`watchers  ${watchers.connected} connected`);
console.log(`memory    API, anonymous, MiB: ${memory.map((it) => it.toFixed(0)).join(" ")}`);
console.log(`CPU       ${loaded.cpu.toFixed(2)} of a core serves (API and Postgres)`);
process.exit(0);
