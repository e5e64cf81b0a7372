import { useRef, useState } from "preact/hooks";
import { isAnswer, problemOf } from "../../api/client";
import { RequestId } from "../../api/fresh-id";
import { allows, role } from "../../api/role";
import type { Decide, Problem, Taken } from "../../api/types";
import { findClass } from "../../lib/find-class";
import { counted } from "../../lib/format";
import { takeAll, takeBackOne } from "../../lib/review";
import { reviewer, setReviewer } from "../../lib/reviewer";
import { useStore } from "../../lib/store";
import { rowsQuery, type View } from "../../lib/url";
import "../dialog.css";
import "./bulk-decision.css";
import "../button.css";
import { SelectField, TextField } from "../form-field";
import { ProblemNote } from "../problem-note";

type Decision = Decide["decision"];

/** What can be decided on many at once: in the words of the list, and of the button that does it. */
const DECISIONS: readonly (readonly [decision: Decision, name: string, doing: string])[] = [
  ["keep", "Keep the given labels", "Keep the labels of"],
  ["suggestion", "Give each the label that is suggested for it", "Take the suggestions for"],
  ["relabel", "Give all of them one class", "Relabel"],
  ["exclude", "Exclude them", "Exclude"],
  ["second_look", "Ask for a second look", "Ask for a second look at"],
  ["cannot_judge", "Cannot judge them", "Leave to others"],
];

interface Props {
  audit: string;
  view: View;
  /** How many examples the view shows; null until they are counted. */
  matching: number | null;
  /** Class names of the dataset. */
  classes: string[];
}

/** One decision on everything that a ranking shows: the exact number is told first, and all of it can be undone. */
export function BulkDecision({ audit, view, matching, classes }: Props) {
  const mayDecide = allows(useStore(role), "reviewer");
  const dialog = useRef<HTMLDialogElement>(null);
  const [taken, setTaken] = useState<Taken | null>(null);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);

  async function undo({ id, reviewer }: Taken) {
    setProblem(null);
    try {
      const undone = await takeBackOne(audit, id, reviewer);
      setTaken(null);
      setSaid(`Taken back, of ${counted(undone.examples, "example")}.`);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }

  if (!mayDecide) return null;
  return (
    <div class="bulk-decision small">
      <button
        type="button"
        class="button"
        disabled={!matching}
        onClick={() => dialog.current?.showModal()}
      >
        Decide on all of these…
      </button>{" "}
      <span role="status">
        {said}{" "}
        {taken && (
          <button type="button" class="button" onClick={() => void undo(taken)}>
            Undo all of it
          </button>
        )}
      </span>
      {problem && <ProblemNote problem={problem} />}
      <dialog ref={dialog} class="dialog bulk-decision__dialog" aria-labelledby="bulk-decision">
        <BulkForm
          audit={audit}
          view={view}
          matching={matching ?? 0}
          classes={classes}
          onTaken={(answer) => {
            dialog.current?.close();
            setTaken(answer);
            setSaid(`Decided on ${counted(answer.examples, "example")}.`);
          }}
          onClose={() => dialog.current?.close()}
        />
      </dialog>
    </div>
  );
}

interface FormProps extends Props {
  matching: number;
  onTaken: (taken: Taken) => void;
  onClose: () => void;
}

function BulkForm({ audit, view, matching, classes, onTaken, onClose }: FormProps) {
  const [decision, setDecision] = useState<Decision>("exclude");
  const [typed, setTyped] = useState("");
  const [name, setName] = useState(reviewer.get);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const request = useRef(new RequestId());
  const label = decision === "relabel" ? (findClass(classes, typed).chosen ?? null) : null;
  const by = name.trim();
  const isReady = by !== "" && (decision !== "relabel" || label !== null);
  const [, , doing] = DECISIONS.find(([one]) => one === decision) ?? ["", "", ""];

  async function send(event: Event) {
    event.preventDefault();
    if (!isReady) return;
    setReviewer(by);
    setBusy(true);
    setProblem(null);
    const matched = { query: rowsQuery(view), count: matching };
    const labelled = label !== null && { label };
    const wanted = { reviewer: by, decision, matching: matched, ...labelled };
    try {
      onTaken(await takeAll(audit, { id: request.current.of(wanted), ...wanted }));
      request.current.answered();
    } catch (thrown) {
      const found = problemOf(thrown);
      if (isAnswer(found)) request.current.answered();
      setProblem(found);
    }
    setBusy(false);
  }

  return (
    <form class="bulk-decision__form" onSubmit={(event) => void send(event)}>
      <h2 id="bulk-decision">Decide on {counted(matching, "example")} at once</h2>
      <p class="small">
        On all that the ranking shows with its filters, seen or not. Where there are not exactly as
        many any more, nothing is decided. It can be undone as one.
      </p>
      <SelectField
        label="Decision"
        value={decision}
        options={DECISIONS.flatMap(([one, words]) =>
          one === "relabel" && classes.length === 0 ? [] : [[one, words] as const],
        )}
        onChange={(value) => setDecision(DECISIONS.find(([one]) => one === value)?.[0] ?? decision)}
      />
      {decision === "relabel" && (
        <TextField
          label="Class"
          hint={label === null ? "Type a class of the dataset." : `The class is ${label}.`}
          value={typed}
          onChange={setTyped}
        />
      )}
      <TextField label="Reviewer" placeholder="your name" value={name} onChange={setName} />
      {problem && <ProblemNote problem={problem} />}
      <p class="bulk-decision__actions">
        <button type="submit" class="button button--main" disabled={!isReady || isBusy}>
          {doing} {counted(matching, "example")}
        </button>{" "}
        <button type="button" class="button" onClick={onClose}>
          Close <kbd>Esc</kbd>
        </button>
      </p>
    </form>
  );
}
