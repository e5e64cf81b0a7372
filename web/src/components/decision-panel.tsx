import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { preload } from "../api/audited";
import { problemOf } from "../api/client";
import { freshId } from "../api/fresh-id";
import type { Ranking } from "../api/ranking";
import type { AuditedExample, Decide, Problem } from "../api/types";
import { useKeys } from "../lib/keys";
import { moveTo } from "../lib/location";
import { keyedClasses } from "../lib/relabels";
import { note, send, takeBack } from "../lib/review";
import { reviewer } from "../lib/reviewer";
import { standingWords } from "../lib/standings";
import "./button.css";
import { ClassSearch } from "./class-search";
import "./decision-panel.css";
import { DecisionsMade } from "./decisions-made";
import { ProblemNote } from "./problem-note";
import { RefusedDecisions } from "./refused-decisions";
import { ReviewerName } from "./reviewer-name";

interface Props {
  audit: string;
  example: AuditedExample;
  /** Class names of the dataset. */
  classes: string[];
  ranking: Ranking;
  hrefOf: (index: number) => string;
  /** Something about this example has changed on the server. */
  onChange: () => void;
}

type Decision = Decide["decision"];

const OTHERS: [decision: Decision, name: string, key: string][] = [
  ["exclude", "Exclude", "E"],
  ["second_look", "Second look", "N"],
  ["cannot_judge", "Cannot judge", "X"],
];

/** What a reviewer decides on the example; each key is printed on its button, and a decision leads on. */
export function DecisionPanel({ audit, example, classes, ranking, hrefOf, onChange }: Props) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [said, setSaid] = useState("");
  const nameField = useRef<HTMLInputElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const keyed = keyedClasses(example, classes);
  const suggested = example.suggestion?.label ?? null;
  const isConflict = example.standing.standing === "conflict";

  /** Shown at once, sent beside it: nothing waits for the server. */
  async function take(decision: Decision, label: string | null = null) {
    // Asked for now: what is drawn may be older than the name.
    const name = reviewer.get();
    if (!name) {
      setSaid("Say who you are first.");
      nameField.current?.focus();
      return;
    }
    const { index } = example;
    const body = {
      id: freshId(),
      reviewer: name,
      decision,
      examples: [index],
      ...(label !== null && { label }),
      ...(isConflict && { settles: true }),
    };
    const standing = decision === "suggestion" ? "relabel" : decision;
    note(audit, [{ index, standing, label: label ?? suggested, reviewers: 1 }]);
    const answer = send(audit, body).then((taken) => {
      if (!taken) note(audit, [{ index, ...example.standing }]);
    });
    const next = await ranking.nextUndecided(index);
    if (next) return moveTo(hrefOf(next.index));
    setSaid("That was the last undecided one behind this.");
    await answer;
    onChange();
  }

  async function undo() {
    setProblem(null);
    const name = reviewer.get();
    try {
      const undone = name ? await takeBack(audit, name) : null;
      if (!undone) return setSaid("There is nothing to undo.");
      const [first] = undone.standings;
      if (first && first.index !== example.index) moveTo(hrefOf(first.index));
      else onChange();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }

  useEffect(() => {
    void ranking.nextUndecided(example.index).then((next) => {
      if (next) preload(audit, next);
    });
  }, [audit, ranking, example.index]);

  const relabel = (label: string) => void take("relabel", label);
  useKeys({
    keep: () => void take("keep"),
    ...(suggested !== null && { suggestion: () => void take("suggestion") }),
    exclude: () => void take("exclude"),
    second_look: () => void take("second_look"),
    cannot_judge: () => void take("cannot_judge"),
    find: () => search.current?.focus(),
    undo: () => void undo(),
    ...Object.fromEntries(keyed.map((label, at) => [`class ${at + 1}`, () => relabel(label)])),
  });

  return (
    <section class="decision-panel" aria-label="Decision">
      <p class="decision-panel__standing" role="status">
        {standingWords(example.standing)}
        {isConflict && <span class="quiet small"> — what you decide here settles it</span>}
        {said && <span class="small"> · {said}</span>}
      </p>
      <div class="decision-panel__buttons">
        {example.label != null && (
          <Choice
            name={
              <>
                Keep <bdi>{example.label}</bdi>
              </>
            }
            sign="Q"
            onClick={() => void take("keep")}
          />
        )}
        {suggested !== null && suggested !== example.label && (
          <Choice
            name={
              <>
                Take <bdi>{suggested}</bdi>
              </>
            }
            sign="W"
            onClick={() => void take("suggestion")}
          />
        )}
        {OTHERS.map(([decision, title, sign]) => (
          <Choice key={decision} name={title} sign={sign} onClick={() => void take(decision)} />
        ))}
        <Choice name="Undo" sign="U" onClick={() => void undo()} />
      </div>
      {classes.length > 0 && (
        <div class="decision-panel__buttons small">
          {keyed.map((label, at) => (
            <Choice
              key={label}
              name={<bdi>{label}</bdi>}
              sign={`${at + 1}`}
              onClick={() => relabel(label)}
            />
          ))}
          <ClassSearch field={search} classes={classes} onChoose={relabel} />
        </div>
      )}
      <ReviewerName field={nameField} />
      {problem && <ProblemNote problem={problem} />}
      <RefusedDecisions audit={audit} />
      <DecisionsMade decisions={example.decisions} />
    </section>
  );
}

interface ChoiceProps {
  name: ComponentChildren;
  sign: string;
  onClick: () => void;
}

function Choice({ name, sign, onClick }: ChoiceProps) {
  return (
    <button type="button" class="button" onClick={onClick}>
      {name} <kbd>{sign}</kbd>
    </button>
  );
}
