import type { AuditedExample, CategoryOfExample } from "../api/types";
import { categoryTitle, votes } from "../lib/archaeology";
import { percent } from "../lib/format";
import "./example-facts.css";

interface Props {
  example: AuditedExample;
  groupHref: string | null;
  /** The grid with the examples of a category. */
  categoryHref: (category: string) => string;
  /** How far the categories can be trusted. */
  archaeologyHref: string;
}

/** What the data says of the example, and what the model says. */
export function ExampleFacts({ example, groupHref, categoryHref, archaeologyHref }: Props) {
  const { predicted, label, p_given, suggestion, category } = example;
  return (
    <header class="example-facts">
      <h1 class="example-facts__labels">
        <span>
          <span class="quiet small">Given label</span> {label ?? "none"}
        </span>
        {predicted != null && (
          <span>
            <span class="quiet small">Model says</span> {predicted}{" "}
            <span class="small">{predicted === label ? "✓ agrees" : "✕ differs"}</span>
          </span>
        )}
      </h1>
      {p_given != null && (
        <p title="Probability of the given label in the pass over all examples after the last epoch">
          Probability of the given label after training: {percent(p_given)}
        </p>
      )}
      {suggestion && (
        <p title="Mean probability over the last third of the epochs in which a class was the given one or the strongest other: a lower bound">
          Suggested label: {suggestion.label} ({percent(suggestion.probability)}), then{" "}
          {suggestion.runner_up} ({percent(suggestion.runner_up_probability)})
        </p>
      )}
      {category && (
        <Category
          vote={category}
          href={categoryHref(category.category)}
          archaeologyHref={archaeologyHref}
        />
      )}
      <p class="quiet small example-facts__key">
        {example.key} · index {example.index}
        {example.split && ` · split ${example.split}`}
        {example.group && (
          <>
            {" · group "}
            {groupHref ? <a href={groupHref}>{example.group}</a> : example.group}
          </>
        )}
      </p>
    </header>
  );
}

interface CategoryProps {
  vote: CategoryOfExample;
  href: string;
  archaeologyHref: string;
}

/** Of which kind it is by the vote of the probes. */
function Category({ vote, href, archaeologyHref }: CategoryProps) {
  return (
    <p title="The probes whose losses ran nearest to its own voted; a tie goes to the nearer voters">
      Learned like: <a href={href}>{categoryTitle(vote.category)}</a>
      {vote.tied && " (a tie)"}{" "}
      <span class="quiet small">
        votes: {votes(vote)} · <a href={archaeologyHref}>how reliable is that?</a>
      </span>
    </p>
  );
}
