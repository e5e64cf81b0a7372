import { useEffect, useState } from "preact/hooks";
import { problemOf } from "../api/client";
import { freshId } from "../api/fresh-id";
import { sampleOf } from "../api/samples";
import type { OpenExample, Problem } from "../api/types";
import { Pixels } from "../components/pixels";
import { ProblemNote } from "../components/problem-note";
import { type Decided, DecisionPanel } from "../components/review/decision-panel";
import { RefusedDecisions } from "../components/review/refused-decisions";
import { WholeText } from "../components/whole-text";
import { count } from "../lib/format";
import { useKeys } from "../lib/keys";
import { goTo } from "../lib/location";
import { keyedClasses } from "../lib/relabels";
import { useResource } from "../lib/resource";
import { send, takeBack } from "../lib/review";
import { auditPath } from "../lib/route";
import { useTitle } from "../lib/title";
import { useClasses } from "../lib/use-classes";
import { useSampleQueue } from "../lib/use-sample-queue";
import "./sample.css";

/** How many images are fetched before they are looked at. */
const AHEAD = 4;

/** The review of a sample: one example after the other, without what the audit makes of them. */
export function SampleRoute({ id, sample }: { id: string; sample: string }) {
  const queue = useSampleQueue(id, sample);
  const classes = useClasses(id);
  const about = useResource(sample, () => sampleOf(id, sample));
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const estimate = `${auditPath(id)}?tab=estimate`;
  const { items } = queue;
  const [current] = items;
  useTitle("Review of a sample");
  useKeys({ close: () => goTo(estimate) });
  useEffect(() => {
    for (const { image_url } of items.slice(1, 1 + AHEAD))
      if (image_url) new Image().src = image_url;
  }, [items]);

  /** The next one is shown at once, and the decision sent beside it. */
  function take({ index }: OpenExample, { reviewer, decision, label }: Decided) {
    // A key that comes before the next one is drawn is meant for no other.
    if (queue.items[0]?.index !== index) return;
    const body = {
      id: freshId(),
      reviewer,
      decision,
      sample,
      examples: [index],
      ...(label !== null && { label }),
    };
    setSaid("");
    queue.pass(index);
    void send(id, body).then((taken) => {
      if (!taken) void queue.reopen(index);
    });
  }

  async function undo(name: string) {
    setProblem(null);
    try {
      const undone = await takeBack(id, name, sample);
      if (!undone) return setSaid("There is nothing of yours to undo in this sample.");
      setSaid("Taken back: here it is again.");
      for (const { index } of undone.standings) await queue.reopen(index);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }

  const examples = about.data?.examples ?? null;
  return (
    <article class="sample">
      <nav class="sample__nav" aria-label="Sample">
        <a class="button" href={estimate}>
          <kbd>Esc</kbd> Estimate
        </a>
        <p>
          {current && examples !== null && `${count(current.position + 1)} of ${count(examples)}`}
        </p>
      </nav>
      <RefusedDecisions audit={id} />
      {about.problem && <ProblemNote problem={about.problem} onRetry={about.reload} />}
      {queue.problem && !about.problem && (
        <ProblemNote problem={queue.problem} onRetry={() => void queue.more()} />
      )}
      {!current && !queue.isDone && !queue.problem && <p class="quiet">Loading…</p>}
      {(current || queue.isDone) && (
        <div class="sample__body">
          {current ? <Shown example={current} /> : <Done href={estimate} />}
          <DecisionPanel
            key={current?.index}
            label={current?.label ?? null}
            suggested={null}
            keyed={current ? keyedClasses({ label: current.label ?? null }, classes) : []}
            classes={classes}
            status={said || "Judge by what you see: the suggestion is hidden."}
            onDecide={(decided) => current && take(current, decided)}
            onUndo={(name) => void undo(name)}
          >
            {problem && <ProblemNote problem={problem} />}
          </DecisionPanel>
        </div>
      )}
    </article>
  );
}

/** What it is and what it is said to be. Its file name may tell more than its pixels, so that is not shown. */
function Shown({
  example: { image_url, text, label, group, key, position },
}: {
  example: OpenExample;
}) {
  return (
    <section class="sample__shown" aria-label="Example">
      <h1>
        <span class="quiet small">Given label</span> <bdi>{label ?? "none"}</bdi>
      </h1>
      {image_url && (
        <Pixels key={image_url} src={image_url} alt={`Example ${position + 1} of the sample`} />
      )}
      {text != null && <WholeText text={text} />}
      {!image_url && text == null && (
        <p>
          <bdi>{key}</bdi>
        </p>
      )}
      {group && (
        <p class="quiet small">
          Group <bdi>{group}</bdi>
        </p>
      )}
    </section>
  );
}

function Done({ href }: { href: string }) {
  return (
    <section class="sample__shown">
      <h1>All of this sample has been looked at</h1>
      <p>
        <a href={href}>See what it says of all labels.</a>
      </p>
    </section>
  );
}
