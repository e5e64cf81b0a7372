import { api, isAway, unwrap } from "../../api/client";
import type { Audit, Review, TopReview } from "../../api/types";
import { count, counted } from "../../lib/format";
import { useResource } from "../../lib/resource";
import { answered } from "../../lib/review";
import { reviewer } from "../../lib/reviewer";
import { auditPath } from "../../lib/route";
import { STANDINGS } from "../../lib/standings";
import { useStore } from "../../lib/store";
import { apiQuery, DEFAULT_VIEW, type View, writeView } from "../../lib/url";
import { ProblemNote } from "../problem-note";
import "./review-progress.css";

/** How much of a ranking is counted: what people get through. */
const TOP = 500;

/** Standings that wait for somebody. */
const WAITING = ["conflict", "second_look", "cannot_judge"] as const;

interface Props {
  audit: Audit;
  view: View;
  hrefOf: (view: View) => string;
}

/** How far the review has come: counts, and queues that wait. Nothing is concluded from them. */
export function ReviewProgress({ audit, view, hrefOf }: Props) {
  const said = useStore(answered);
  const me = useStore(reviewer);
  // Of the ranking as it is filtered, but for what was decided, which is what is counted.
  const asked = { ...view, standing: null, open_to: null, order: DEFAULT_VIEW.order };
  const review = useResource(
    `review of ${audit.id}`,
    () => unwrap(api.GET("/v1/audits/{id}/review", { params: { path: { id: audit.id } } })),
    null,
    said,
  );
  const top = useResource(
    `top of ${audit.id} ${writeView(asked)}`,
    () => {
      const { order: _, ...query } = apiQuery(asked);
      const params = { path: { id: audit.id }, query: { ...query, top: TOP } };
      return unwrap(api.GET("/v1/audits/{id}/review/top", { params }));
    },
    null,
    said,
  );
  // A ranking that cannot be had is told of below.
  const problem = review.problem ?? (top.problem && isAway(top.problem) ? top.problem : null);
  return (
    <section class="review-progress small" aria-label="Review so far">
      <p class="review-progress__line">
        <span>{top.data ? topWords(top.data) : "\u00a0"}</span>
        {review.data && <Everybody review={review.data} me={me} view={view} hrefOf={hrefOf} />}
        <a href={`${auditPath(audit.id)}?tab=estimate`}>How many are wrong?</a>
      </p>
      {problem && (
        <ProblemNote
          problem={problem}
          onRetry={() => {
            review.reload();
            top.reload();
          }}
        />
      )}
      {review.data && review.data.groups.length > 0 && (
        <Groups review={review.data} view={view} hrefOf={hrefOf} />
      )}
    </section>
  );
}

/** `64 of the hardest 500 reviewed, 51 changed.` */
function topWords({ top, reviewed, changed }: TopReview): string {
  if (top === 0) return "";
  const which = `${count(reviewed)} of the hardest ${count(top)} reviewed`;
  return reviewed === 0 ? `${which}.` : `${which}, ${count(changed)} changed.`;
}

interface PartProps {
  review: Review;
  view: View;
  hrefOf: (view: View) => string;
}

function Everybody({ review, me, view, hrefOf }: PartProps & { me: string }) {
  const of = new Map(review.standings.map((one) => [one.standing, one.examples]));
  const decided = review.examples - (of.get("undecided") ?? 0);
  const mine = review.reviewers.find(({ name }) => name === me)?.examples ?? 0;
  return (
    <>
      <span class="quiet">
        {count(decided)} of {counted(review.examples, "example")} decided
        {decided > 0 && me !== "" && `, ${count(mine)} by you`}.
      </span>
      {WAITING.map((standing) => {
        const waiting = of.get(standing) ?? 0;
        const [sign, words] = STANDINGS[standing];
        return (
          waiting > 0 && (
            <a key={standing} href={hrefOf({ ...view, standing, open_to: null })}>
              <span aria-hidden="true">{sign}</span> {count(waiting)} {words}
            </a>
          )
        );
      })}
    </>
  );
}

/** One queue for each group, so that a reader of a language gets that language. */
function Groups({ review, view, hrefOf }: PartProps) {
  return (
    <details class="review-progress__groups">
      <summary>Queues by group</summary>
      <ul>
        {review.groups.flatMap(({ name, examples, decided }) =>
          name == null
            ? []
            : [
                <li key={name}>
                  <a href={hrefOf({ ...view, group: name, standing: "undecided" })}>
                    <bdi>{name}</bdi>
                  </a>{" "}
                  <span class="quiet">
                    {count(decided)} of {count(examples)} decided
                  </span>
                </li>,
              ],
        )}
      </ul>
    </details>
  );
}
