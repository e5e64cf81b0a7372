import { api, unwrap } from "../../api/client";
import type { Audit } from "../../api/types";
import { counted, score } from "../../lib/format";
import { useResource } from "../../lib/resource";
import "./provisional-ranking.css";
import { ProblemNote } from "../problem-note";
import { Specimen } from "../specimen";

const SHOWN = 12;

interface Props {
  audit: Audit;
  /** Finished so far; the ranking is asked for again with each. */
  epochs: number;
}

/** What the running training finds hardest so far: a look ahead at the ranking. */
export function ProvisionalRanking({ audit, epochs }: Props) {
  const found = useResource(
    `provisional ranking of ${audit.id}`,
    () =>
      unwrap(
        api.GET("/v1/audits/{id}/provisional", {
          params: { path: { id: audit.id }, query: { limit: SHOWN } },
        }),
      ),
    null,
    epochs,
  );
  const ranking = found.data;
  return (
    <section class="provisional" aria-labelledby="provisional">
      <h2 id="provisional">Hardest so far</h2>
      <p class="quiet small">
        By the mean loss over {ranking ? counted(ranking.epochs, "epoch") : "the epochs"} so far. It
        changes with every epoch; decisions wait for the end.
      </p>
      {found.problem && <ProblemNote problem={found.problem} onRetry={found.reload} />}
      <ol class="provisional__examples">
        {(ranking?.items ?? []).map((item) => (
          <li key={item.index} class="provisional__example small">
            <Specimen imageUrl={item.image_url} text={item.excerpt} name={item.key} lazy />
            <bdi class="provisional__label">{item.label ?? item.key}</bdi>
            <span class="quiet" title="mean loss, in nats">
              {score(item.mean_loss)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
