import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { allows, role } from "../../api/role";
import type { Decide } from "../../api/types";
import { useKeys } from "../../lib/keys";
import { reviewer } from "../../lib/reviewer";
import { useStore } from "../../lib/store";
import "../button.css";
import { ClassSearch } from "./class-search";
import "./decision-panel.css";
import { ReviewerName } from "./reviewer-name";

type Decision = Decide["decision"];

/** What a reviewer decides. */
export interface Decided {
  reviewer: string;
  decision: Decision;
  /** The class that it gives; of relabelling alone. */
  label: string | null;
}

interface Props {
  /** The given label. */
  label: string | null;
  /** The label that the audit suggests; null where there is none, or where it is hidden. */
  suggested: string | null;
  /** Classes with a key of their own, from 1 on. */
  keyed: string[];
  /** Class names of the dataset. */
  classes: string[];
  /** Where the example stands, and what became of the last decision. */
  status: ComponentChildren;
  onDecide: (decided: Decided) => void;
  onUndo: (reviewer: string) => void;
  /** What is to be read below the choices. */
  children?: ComponentChildren;
}

const OTHERS: [decision: Decision, name: string, key: string][] = [
  ["exclude", "Exclude", "E"],
  ["second_look", "Second look", "N"],
  ["cannot_judge", "Cannot judge", "X"],
];

/** What a reviewer can decide on an example. Who may only look is told so. */
export function DecisionPanel(props: Props) {
  if (allows(useStore(role), "reviewer")) return <Choices {...props} />;
  return (
    <section class="decision-panel" aria-label="Decision">
      <p class="decision-panel__standing" role="status">
        {props.status}
      </p>
      <p class="small">You may only look: to decide, sign in with a reviewer's token.</p>
      {props.children}
    </section>
  );
}

/** Each key is printed on its button. */
function Choices(props: Props) {
  const { label, suggested, keyed, classes, status, onDecide, onUndo, children } = props;
  const [isNameless, setNameless] = useState(false);
  const nameField = useRef<HTMLInputElement>(null);
  const search = useRef<HTMLInputElement>(null);

  function named(go: (name: string) => void) {
    // Asked for now: what is drawn may be older than the name.
    const name = reviewer.get();
    setNameless(!name);
    if (name) go(name);
    else nameField.current?.focus();
  }
  const take = (decision: Decision, given: string | null = null) =>
    named((name) => onDecide({ reviewer: name, decision, label: given }));
  const undo = () => named(onUndo);
  const relabel = (given: string) => take("relabel", given);

  useKeys({
    keep: () => take("keep"),
    ...(suggested !== null && { suggestion: () => take("suggestion") }),
    exclude: () => take("exclude"),
    second_look: () => take("second_look"),
    cannot_judge: () => take("cannot_judge"),
    find: () => search.current?.focus(),
    undo,
    ...Object.fromEntries(keyed.map((name, at) => [`class ${at + 1}`, () => relabel(name)])),
  });

  return (
    <section class="decision-panel" aria-label="Decision">
      <p class="decision-panel__standing" role="status">
        {status}
        {isNameless && <span class="small"> · Say who you are first.</span>}
      </p>
      <div class="decision-panel__buttons">
        {label !== null && (
          <Choice
            name={
              <>
                Keep <bdi>{label}</bdi>
              </>
            }
            sign="Q"
            onClick={() => take("keep")}
          />
        )}
        {suggested !== null && suggested !== label && (
          <Choice
            name={
              <>
                Take <bdi>{suggested}</bdi>
              </>
            }
            sign="W"
            onClick={() => take("suggestion")}
          />
        )}
        {OTHERS.map(([decision, title, sign]) => (
          <Choice key={decision} name={title} sign={sign} onClick={() => take(decision)} />
        ))}
        <Choice name="Undo" sign="U" onClick={undo} />
      </div>
      {classes.length > 0 && (
        <div class="decision-panel__buttons small">
          {keyed.map((name, at) => (
            <Choice
              key={name}
              name={<bdi>{name}</bdi>}
              sign={`${at + 1}`}
              onClick={() => relabel(name)}
            />
          ))}
          <ClassSearch field={search} classes={classes} onChoose={relabel} />
        </div>
      )}
      <ReviewerName field={nameField} />
      {children}
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
