import type { AuditedExample } from "../api/types";
import { percent } from "../lib/format";
import "./example-facts.css";

interface Props {
  example: AuditedExample;
  groupHref: string | null;
}

/** What the data says of the example, and what the model says. */
export function ExampleFacts({ example, groupHref }: Props) {
  const { predicted, label, p_given, suggestion } = example;
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
