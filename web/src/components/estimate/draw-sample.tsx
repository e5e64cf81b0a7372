import { useState } from "preact/hooks";
import { problemOf } from "../../api/client";
import { draw } from "../../api/samples";
import type { Audit, Problem, Sample, SignalInfo, SignalName } from "../../api/types";
import { rankingName } from "../../lib/signals";
import { hasLevels, SIGNALS } from "../../lib/url";
import "../button.css";
import "./draw-sample.css";
import { SelectField, TextField } from "../form-field";
import { ProblemNote } from "../problem-note";

/** What is drawn where nobody says otherwise. */
const EXAMPLES = 200;

interface Props {
  audit: Audit;
  signals: Map<string, SignalInfo>;
  isFirst: boolean;
  onDrawn: (sample: Sample) => void;
}

/** Draws a sample of a ranking. */
export function DrawSample({ audit, signals, isFirst, onDrawn }: Props) {
  const offered = SIGNALS.filter((name) => audit.signals.includes(name) && !hasLevels(name));
  const [signal, setSignal] = useState<SignalName>(offered[0] ?? "label_issue");
  const [examples, setExamples] = useState("");
  const [byGroup, setByGroup] = useState(true);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const wanted = examples.trim() === "" ? EXAMPLES : Number(examples);
  const isNumber = Number.isInteger(wanted) && wanted > 0;

  async function send(event: Event) {
    event.preventDefault();
    if (!isNumber) return;
    setBusy(true);
    setProblem(null);
    try {
      onDrawn(await draw(audit.id, signal, { examples: wanted, by_group: byGroup }));
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
    setBusy(false);
  }

  return (
    <form class="draw-sample" onSubmit={(event) => void send(event)} aria-labelledby="draw-sample">
      <h3 id="draw-sample">{isFirst ? "Draw a sample" : "Draw another sample"}</h3>
      <div class="draw-sample__fields">
        <SelectField
          label="From the ranking by"
          hint="Bands of ranks: the hardest 1 %, 5 %, 20 %, and the rest; as many examples from each."
          value={signal}
          options={offered.map((name) => [name, rankingName(name, signals)])}
          onChange={(name) => setSignal(offered.find((one) => one === name) ?? signal)}
        />
        <TextField
          label="Examples"
          hint={`How many to review; ${EXAMPLES} unless you say otherwise. Four times as many make intervals half as wide.`}
          error={isNumber ? null : "this is a whole number above 0"}
          numeric
          placeholder={String(EXAMPLES)}
          value={examples}
          onChange={setExamples}
        />
        <label class="draw-sample__check">
          <input
            type="checkbox"
            checked={byGroup}
            onChange={(event) => setByGroup(event.currentTarget.checked)}
          />{" "}
          From every group by itself, where the dataset has groups
        </label>
      </div>
      <button type="submit" class="button button--main" disabled={isBusy || !isNumber}>
        {isBusy ? "Drawing…" : "Draw and review"}
      </button>
      {problem && <ProblemNote problem={problem} />}
    </form>
  );
}
