import { api, unwrap } from "../../api/client";
import type { Audit, Comparison, Moved } from "../../api/types";
import { ago, count, counted, score } from "../../lib/format";
import { goTo } from "../../lib/location";
import { useNow } from "../../lib/now";
import { useResource } from "../../lib/resource";
import { auditPath, examplePath } from "../../lib/route";
import { useSignals } from "../../lib/signals";
import { SIGNALS, withQuery } from "../../lib/url";
import "./comparison-view.css";
import { NumberTable } from "../number-table";
import { ProblemNote } from "../problem-note";

/** Signals that any audit ranks by without further choices. */
const COMPARABLE = SIGNALS.filter((name) => name !== "pie");

const OTHERS = 200;

interface Props {
  audit: Audit;
  search: URLSearchParams;
}

/** This audit beside another: what entered the top of a ranking and what left it. */
export function ComparisonView({ audit, search }: Props) {
  const other = search.get("with");
  const signal = COMPARABLE.find((name) => name === search.get("signal")) ?? "label_issue";
  const top = Number(search.get("top")) || 100;
  const signals = useSignals();
  const now = useNow();
  const audits = useResource("audits to compare with", () =>
    unwrap(api.GET("/v1/audits", { params: { query: { limit: OTHERS } } })),
  );
  const others = (audits.data?.items ?? []).filter(
    (one) => one.id !== audit.id && one.state === "succeeded",
  );
  function choose(changed: Record<string, string>) {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries(changed)) next.set(name, value);
    goTo(withQuery(auditPath(audit.id), next));
  }
  return (
    <section class="comparison" aria-labelledby="comparison">
      <h2 id="comparison">Beside another audit</h2>
      {audits.problem && <ProblemNote problem={audits.problem} onRetry={audits.reload} />}
      {audits.data && others.length === 0 && (
        <p class="quiet">
          There is no other audit that has succeeded. Run this one with changes, or audit the
          dataset again once its labels are mended: examples are then matched by their key.
        </p>
      )}
      {others.length > 0 && (
        <p class="comparison__choices small">
          <label>
            <span class="quiet">With</span>{" "}
            <select
              value={other ?? ""}
              onChange={(event) => choose({ with: event.currentTarget.value })}
            >
              <option value="" disabled>
                Choose an audit
              </option>
              {others.map((one) => (
                <option key={one.id} value={one.id}>
                  {[one.dataset_name, one.recipe?.model, ago(one.created_at, now)]
                    .filter(Boolean)
                    .join(" · ")}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span class="quiet">By</span>{" "}
            <select
              value={signal}
              onChange={(event) => choose({ signal: event.currentTarget.value })}
            >
              {COMPARABLE.map((name) => (
                <option key={name} value={name}>
                  {signals.get(name)?.title ?? name}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span class="quiet">The hardest</span>{" "}
            <select
              value={String(top)}
              onChange={(event) => choose({ top: event.currentTarget.value })}
            >
              {[20, 50, 100, 200, 500, 1000].map((size) => (
                <option key={size} value={String(size)}>
                  {count(size)}
                </option>
              ))}
            </select>
          </label>
        </p>
      )}
      {other && <Compared audit={audit} other={other} signal={signal} top={top} />}
    </section>
  );
}

interface ComparedProps {
  audit: Audit;
  other: string;
  signal: (typeof SIGNALS)[number];
  top: number;
}

function Compared({ audit, other, signal, top }: ComparedProps) {
  const found = useResource(`${audit.id} beside ${other} by ${signal}, ${top}`, () =>
    unwrap(
      api.GET("/v1/audits/{id}/compare/{other}", {
        params: { path: { id: audit.id, other }, query: { signal, top } },
      }),
    ),
  );
  if (found.problem) return <ProblemNote problem={found.problem} onRetry={found.reload} />;
  const compared = found.data;
  if (!compared) return <p class="quiet">Comparing…</p>;
  return (
    <>
      <p>{summary(compared)}</p>
      <MovedTable
        title={`Entered the hardest ${count(compared.top)}`}
        moved={compared.entered}
        hrefOf={({ index }) => (index == null ? null : examplePath(audit.id, index))}
      />
      <MovedTable
        title={`Left the hardest ${count(compared.top)}`}
        moved={compared.left}
        hrefOf={({ index, other_index }) => {
          if (index != null) return examplePath(audit.id, index);
          return other_index == null ? null : examplePath(other, other_index);
        }}
      />
      <Classes compared={compared} />
    </>
  );
}

function summary({
  both,
  only_here,
  only_there,
  correlation,
  shared,
  top,
  matched_by,
}: Comparison) {
  const agreement =
    correlation == null
      ? "The rankings cannot be correlated."
      : `Rank correlation ${score(correlation)} (Spearman).`;
  const alone = [
    ...(only_here > 0 ? [`${count(only_here)} only here`] : []),
    ...(only_there > 0 ? [`${count(only_there)} only there`] : []),
  ];
  const matched = `${counted(both, "example")} in both, matched by ${matched_by}`;
  return `${agreement} ${count(shared)} of the hardest ${count(top)} are the same. ${[matched, ...alone].join(", ")}.`;
}

interface MovedProps {
  title: string;
  moved: Moved[];
  hrefOf: (moved: Moved) => string | null;
}

function MovedTable({ title, moved, hrefOf }: MovedProps) {
  const id = title.toLowerCase().replaceAll(/\W+/g, "-");
  return (
    <>
      <h3 id={id}>
        {title}: {count(moved.length)}
      </h3>
      {moved.length > 0 && (
        <NumberTable labelledBy={id} class="comparison__moved small">
          <thead>
            <tr>
              <th scope="col" class="number-table__name">
                Example
              </th>
              <th scope="col">Label</th>
              <th scope="col">Rank here</th>
              <th scope="col">Rank there</th>
            </tr>
          </thead>
          <tbody>
            {moved.map((one) => (
              <tr key={one.key}>
                <th scope="row" class="number-table__name">
                  <Name name={one.key} href={hrefOf(one)} />
                </th>
                <td>
                  <bdi>{one.label ?? one.other_label}</bdi>
                </td>
                <td>{rank(one.rank)}</td>
                <td>{rank(one.other_rank)}</td>
              </tr>
            ))}
          </tbody>
        </NumberTable>
      )}
    </>
  );
}

function Name({ name, href }: { name: string; href: string | null }) {
  const shown = <bdi>{name}</bdi>;
  return href === null ? shown : <a href={href}>{shown}</a>;
}

function rank(value: number | null | undefined): string {
  return value == null ? "not there" : count(value);
}

function Classes({ compared }: { compared: Comparison }) {
  return (
    <>
      <h3 id="comparison-classes">By class</h3>
      <NumberTable labelledBy="comparison-classes" class="small">
        <thead>
          <tr>
            <th scope="col" class="number-table__name">
              Class
            </th>
            <th scope="col">Examples in both</th>
            <th scope="col">Rank correlation</th>
            <th scope="col">In the top here</th>
            <th scope="col">There</th>
            <th scope="col">In both</th>
          </tr>
        </thead>
        <tbody>
          {compared.classes.slice(0, LISTED).map((one) => (
            <tr key={one.label}>
              <th scope="row" class="number-table__name">
                <bdi>{one.label ?? "without label"}</bdi>
              </th>
              <td>{count(one.both)}</td>
              <td>{one.correlation == null ? "–" : score(one.correlation)}</td>
              <td>{count(one.top_here)}</td>
              <td>{count(one.top_there)}</td>
              <td>{count(one.shared)}</td>
            </tr>
          ))}
        </tbody>
      </NumberTable>
      {compared.classes.length > LISTED && (
        <p class="quiet small">
          The first {count(LISTED)} of {counted(compared.classes.length, "class", "classes")}.
        </p>
      )}
    </>
  );
}

/** Rows that a table of classes shows. */
const LISTED = 500;
