import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const BINARY =
  process.env.UNEARTH_BIN ?? resolve(import.meta.dirname, "../../target/debug/unearth");
const START_MS = 120_000;
const STOP_MS = 20_000;

export interface Server {
  url: string;
  token: string;
  /** Ends it as a power cut does: it is told nothing. */
  kill(): Promise<void>;
  /** Starts it again on what it left, at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the real program on a fresh data directory, with its own Postgres and worker. */
export async function startServer(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), "unearth-e2e-"));
  // As root, the private Postgres runs as another user and has to reach its files.
  chmodSync(directory, 0o755);
  const start = (listen: string) =>
    spawn(BINARY, ["up", "--data-dir", directory, "--listen", listen], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DATABASE_URL: undefined },
    });
  let child = start("127.0.0.1:0");
  const ready = await readyLine(child);
  return {
    url: ready.origin,
    token: readFileSync(join(directory, "token"), "utf8"),
    kill() {
      const ended = new Promise<void>((resolve) => child.on("exit", () => resolve()));
      child.kill("SIGKILL");
      return ended;
    },
    async restart() {
      child = start(ready.host);
      await readyLine(child);
    },
    async stop() {
      await stopped(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function readyLine(child: ChildProcess): Promise<URL> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (reason: string) =>
      reject(new Error(`${BINARY} ${reason}. It said:\n${said.slice(-40).join("\n")}`));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`was not ready after ${START_MS / 1000} s`);
    }, START_MS);
    child.on("error", (error) => fail(`could not be started: ${error.message}`));
    child.on("exit", (code) => fail(`ended with code ${code}`));
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        createInterface({ input: stream }).on("line", (line) => {
          said.push(line);
          const url = /Unearth is ready: (\S+)/.exec(line)?.[1];
          if (!url) return;
          clearTimeout(timer);
          resolve(new URL(url));
        });
  });
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
