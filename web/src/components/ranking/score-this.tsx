import { useEffect, useState } from "preact/hooks";
import { api, problemOf, unwrap } from "../../api/client";
import type { Audit, Problem } from "../../api/types";
import { moment } from "../../lib/format";
import { DEFAULT_VIEW, hasWindows, scoringKey, type View } from "../../lib/url";
import { ProblemNote } from "../problem-note";
import "./score-this.css";

const POLL_MS = 1_000;

interface Props {
  audit: Audit;
  view: View;
  /** Why there is no ranking. */
  reason: Problem;
  onReady: () => void;
}

const ANSWERS = ["scores-not-found", "scores-not-ready", "scores-failed"];

/**
 * Whether scoring is the answer to this problem: only VoG is scored after the training, and then with
 * its groups compared globally.
 */
export function canBeScored(problem: Problem | null, view: View): problem is Problem {
  if (problem === null || !ANSWERS.includes(problem.code)) return false;
  return hasWindows(view.signal) && view.grouping === DEFAULT_VIEW.grouping;
}

/** Offers to score what nobody has scored yet; the gradients are stored, so nothing trains again. */
export function ScoreThis({ audit, view, reason, onReady }: Props) {
  const [state, setState] = useState<"offered" | "scoring">(
    reason.code === "scores-not-ready" ? "scoring" : "offered",
  );
  const [problem, setProblem] = useState<Problem | null>(
    reason.code === "scores-failed" ? reason : null,
  );
  const key = scoringKey(view);

  async function start() {
    setProblem(null);
    try {
      const windows = [readWindow(view.window)];
      const params = { path: { id: audit.id } };
      const body = { variant: view.variant, windows };
      await unwrap(api.POST("/v1/audits/{id}/scores", { params, body }));
      setState("scoring");
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: one watch per scoring.
  useEffect(() => {
    if (state !== "scoring") return;
    const timer = setInterval(async () => {
      const params = { path: { id: audit.id } };
      const { items } = await unwrap(api.GET("/v1/audits/{id}/scores", { params })).catch(
        (thrown) => {
          setProblem(problemOf(thrown));
          return { items: [] };
        },
      );
      const set = items.find((item) => item.signal === view.signal && item.scoring === key);
      if (set?.state === "ready") onReady();
      if (set?.state === "failed") {
        setState("offered");
        setProblem(failed(set.error ?? "The server did not say why."));
      }
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [state, key]);

  if (audit.snapshots_dropped_at) {
    return (
      <p>
        These checkpoints are not scored, and the audit gave its gradient maps up on{" "}
        {moment(audit.snapshots_dropped_at)}: begin another one to score them.
      </p>
    );
  }
  return (
    <div class="score-this">
      <p>
        {state === "scoring"
          ? "Scoring every example over these checkpoints…"
          : "These checkpoints are not scored. Their gradients are stored, so this takes seconds and trains nothing."}
      </p>
      {state === "offered" && (
        <button type="button" class="button button--main" onClick={start}>
          Score them
        </button>
      )}
      {problem && <ProblemNote problem={problem} />}
    </div>
  );
}

function readWindow(window: string): string | number[] {
  return /^\d+(-\d+)+$/.test(window) ? window.split("-").map(Number) : window;
}

function failed(detail: string): Problem {
  return { type: "", code: "scoring-failed", status: 0, title: "Scoring failed", detail };
}
