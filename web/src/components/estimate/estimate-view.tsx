import { samplesOf } from "../../api/samples";
import type { Audit } from "../../api/types";
import { goTo } from "../../lib/location";
import { useResource } from "../../lib/resource";
import { samplePath } from "../../lib/route";
import { useSignals } from "../../lib/signals";
import { DrawSample } from "./draw-sample";
import "./estimate-view.css";
import { ProblemNote } from "../problem-note";
import { SampleReport } from "./sample-report";

/** How many labels are wrong, and how many are left: estimated from samples that were drawn for it. */
export function EstimateView({ audit }: { audit: Audit }) {
  const samples = useResource(`samples of ${audit.id}`, () => samplesOf(audit.id));
  const signals = useSignals();
  const drawn = samples.data ?? [];
  return (
    <section class="estimate" aria-labelledby="estimate">
      <h2 id="estimate">How many labels are wrong?</h2>
      <p class="estimate__why">
        What is reviewed first is no sample: among the hardest hundred many labels may be wrong, and
        that says nothing of the rest. So a sample is drawn at random from every part of a ranking,
        those that nothing flags included, and shown without the suggestion and the scores. What is
        decided there, and only that, says how many labels are wrong.
      </p>
      {samples.problem && <ProblemNote problem={samples.problem} onRetry={samples.reload} />}
      {drawn.map((sample) => (
        <SampleReport key={sample.id} audit={audit} sample={sample} signals={signals} />
      ))}
      {samples.data && (
        <DrawSample
          audit={audit}
          signals={signals}
          isFirst={drawn.length === 0}
          onDrawn={({ id }) => goTo(samplePath(audit.id, id))}
        />
      )}
    </section>
  );
}
