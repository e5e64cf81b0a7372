import type { AuditedExample, CategoryOfExample } from "../../api/types";
import { categoryTitle, votes } from "../../lib/archaeology";
import { percent } from "../../lib/format";
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
          <span class="quiet small">Given label</span> <bdi>{label ?? "none"}</bdi>
        </span>
        {predicted != null && (
          <span>
            <span class="quiet small">Model says</span> <bdi>{predicted}</bdi>{" "}
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
          Suggested label: <bdi>{suggestion.label}</bdi> ({percent(suggestion.probability)}), then{" "}
          <bdi>{suggestion.runner_up}</bdi> ({percent(suggestion.runner_up_probability)})
        </p>
      )}
      {category && (
        <Category
          vote={category}
          href={categoryHref(category.category)}
          archaeologyHref={archaeologyHref}
        />
      )}
      <p class="quiet small">
        <bdi>{example.key}</bdi> · index {example.index}
        {example.split && ` · split ${example.split}`}
        {example.group && (
          <>
            {" · group "}
            <bdi>{groupHref ? <a href={groupHref}>{example.group}</a> : example.group}</bdi>
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
