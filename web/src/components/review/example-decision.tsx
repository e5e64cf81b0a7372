import { useEffect, useRef, useState } from "preact/hooks";
import { preload } from "../../api/audited";
import { isAway, problemOf } from "../../api/client";
import { freshId } from "../../api/fresh-id";
import type { Ranking } from "../../api/ranking";
import type { AuditedExample, Problem } from "../../api/types";
import { moveTo } from "../../lib/location";
import { keyedClasses } from "../../lib/relabels";
import { note, send, takeBack } from "../../lib/review";
import { standingWords } from "../../lib/standings";
import { ProblemNote } from "../problem-note";
import { type Decided, DecisionPanel } from "./decision-panel";
import { DecisionsMade } from "./decisions-made";

interface Props {
  audit: string;
  example: AuditedExample;
  /** Class names of the dataset. */
  classes: string[];
  ranking: Ranking;
  hrefOf: (index: number) => string;
}

/** What a reviewer decides on an example of a ranking; a decision leads on to the next undecided one. */
export function ExampleDecision({ audit, example, classes, ranking, hrefOf }: Props) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState("");
  const isTaken = useRef(false);
  const suggested = example.suggestion?.label ?? null;
  const isConflict = example.standing.standing === "conflict";

  /** Shown at once, sent beside it: nothing waits for the server. */
  async function take({ reviewer, decision, label }: Decided) {
    // A key that comes before the next one is drawn is meant for no other.
    if (isTaken.current) return;
    isTaken.current = true;
    const { index } = example;
    const body = {
      id: freshId(),
      reviewer,
      decision,
      examples: [index],
      ...(label !== null && { label }),
      ...(isConflict && { settles: true }),
    };
    const standing = decision === "suggestion" ? "relabel" : decision;
    note(audit, [{ index, standing, label: label ?? suggested, reviewers: 1 }]);
    void send(audit, body).then((taken) => {
      if (!taken) note(audit, [{ index, ...example.standing }]);
    });
    try {
      // Known at once where it can be, so that all of this is drawn together.
      const next = ranking.loadedUndecided(index) ?? (await ranking.nextUndecided(index));
      if (next) return moveTo(hrefOf(next.index));
      setSaid("That was the last undecided one behind this.");
    } catch (thrown) {
      // Why is told above, where it can be tried again.
      const isLost = isAway(problemOf(thrown));
      setSaid(isLost ? "The next one cannot be loaded." : "There is no ranking to go on in.");
    }
    isTaken.current = false;
  }

  async function undo(name: string) {
    setProblem(null);
    try {
      const undone = await takeBack(audit, name);
      if (!undone) return setSaid("There is nothing to undo.");
      const [first] = undone.standings;
      if (first && first.index !== example.index) moveTo(hrefOf(first.index));
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }

  useEffect(() => {
    ranking.nextUndecided(example.index).then(
      (next) => next && preload(audit, next),
      () => {}, // It is told when it is wanted.
    );
  }, [audit, ranking, example.index]);

  return (
    <DecisionPanel
      label={example.label ?? null}
      suggested={suggested}
      keyed={keyedClasses(example, classes)}
      classes={classes}
      status={
        <>
          {standingWords(example.standing)}
          {isConflict && <span class="quiet small"> — what you decide here settles it</span>}
          {said && <span class="small"> · {said}</span>}
        </>
      }
      onDecide={(decided) => void take(decided)}
      onUndo={(name) => void undo(name)}
    >
      {problem && <ProblemNote problem={problem} />}
      <DecisionsMade decisions={example.decisions} />
    </DecisionPanel>
  );
}
