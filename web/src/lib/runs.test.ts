import { describe, expect, it } from "vitest";
import type { Run } from "../api/types";
import { doing, runCounts, runsByKind, runTitle, runWords } from "./runs";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const plain = (text: string) => text.replaceAll("\u00a0", " ");
const run = (change: Partial<Run>): Run => ({
  ordinal: 0,
  role: "member",
  member: { level: "0.5", number: 2 },
  seed: 1,
  state: "queued",
  attempts: 0,
  ...change,
});
const progress: NonNullable<Run["progress"]> = {
  phase: "training",
  epoch: 3,
  epochs: 12,
  checkpoint: 0,
  checkpoints: 0,
  step: 1,
  total: 2,
};
const running = run({ state: "running", worker: "rig-2", progress, attempts: 1 });

describe("the trainings of an audit", () => {
  it("stand by population, and by what they are for where they belong to none", () => {
    const main = run({ role: "main", member: { level: "unpruned", number: 0 } });
    const runs = [main, run({}), run({ member: { level: "unpruned", number: 1 } })];
    const kinds = runsByKind(runs).map(({ title, runs }) => [plain(title), runs.length]);
    expect(kinds).toEqual([
      ["Unpruned", 2],
      ["Pruned 50 %", 1],
    ]);
    const seeds = ["main", "pilot", "seed", "seed"] as const;
    const alone = seeds.map((role, ordinal) => run({ role, ordinal, member: null }));
    expect(runsByKind(alone).map(({ title, runs }) => [title, runs.length])).toEqual([
      ["Main run", 1],
      ["Pilot", 1],
      ["Other seeds", 2],
    ]);
    expect(alone.map(runTitle)).toEqual(["Main run", "Pilot", "Seed run 3", "Seed run 4"]);
    expect(runTitle(main)).toBe("Unpruned, model 1 (main run)");
  });

  it("are counted by state", () => {
    const states = ["succeeded", "succeeded", "running", "failed", "queued"] as const;
    expect(runCounts(states.map((state) => run({ state })))).toBe(
      "2 of 5 trainings done · 1 running · 1 waiting · 1 failed",
    );
    expect(runCounts([run({ state: "succeeded" })])).toBe("1 of 1 training done");
  });
});

describe("a training", () => {
  it.each([
    [run({}), "waiting"],
    [run({ attempts: 1, error: "its worker was lost" }), "waiting to go on: its worker was lost"],
    [running, "running on rig-2, training, epoch 4 of 12"],
    [run({ state: "succeeded" }), "done"],
    [
      run({ state: "failed", attempts: 3, error: "The loss became infinite." }),
      "failed after 3 attempts: The loss became infinite.",
    ],
  ])("says how it stands", (one, words) =>
    expect(plain(runWords(one))).toBe(`Pruned 50 %, model 3: ${words}`),
  );

  it("tells of a worker that fell silent", () => {
    const at = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();
    expect(doing({ ...running, heartbeat_at: at(5) }, NOW)).toBe("training, epoch 4 of 12");
    expect(plain(doing({ ...running, progress: null, heartbeat_at: at(90) }, NOW))).toBe(
      "starting; no sign of life for 1 min 30 s",
    );
  });
});
