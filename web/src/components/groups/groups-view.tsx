import { api, unwrap } from "../../api/client";
import type { Audit, Group, Groups } from "../../api/types";
import { part, sentence } from "../../lib/format";
import { GROUPING_WORDS } from "../../lib/groupings";
import { goTo } from "../../lib/location";
import { useResource } from "../../lib/resource";
import { auditPath } from "../../lib/route";
import { rankingName, useSignals } from "../../lib/signals";
import {
  COMPARED,
  DEFAULT_VIEW,
  GROUPINGS,
  readView,
  type View,
  withQuery,
  writeView,
} from "../../lib/url";
import { GroupTable } from "./group-table";
import "./groups-view.css";
import { ProblemNote } from "../problem-note";
import { Prose } from "../prose";

/** What is flagged in each group by rankings that compare groups in three ways. */
export function GroupsView({ audit, search }: { audit: Audit; search: URLSearchParams }) {
  const view = comparedView(audit, search);
  const { signal, population } = view;
  const found = useResource(`groups of ${audit.id} by ${signal} ${population}`, () =>
    unwrap(
      api.GET("/v1/audits/{id}/groups", {
        params: { path: { id: audit.id }, query: { signal, population } },
      }),
    ),
  );
  if (found.problem) return <ProblemNote problem={found.problem} onRetry={found.reload} />;
  const groups = found.data;
  if (groups && !groups.items.some((group) => group.flagged.length > 1))
    return (
      <p class="quiet">
        {groups.note ? sentence(groups.note) : "There is nothing to compare"}. Groups (language,
        source, site) come with a dataset, as its column or array <code>group</code>.
      </p>
    );

  return (
    <div class="groups">
      <p class="groups__lead">
        What three ways of comparing groups flag in each. None of the three is fair by itself: read
        them side by side.
      </p>
      <SignalOf audit={audit} view={view} search={search} />
      {groups ? <SideBySide audit={audit} view={view} groups={groups} /> : <p>Loading…</p>}
    </div>
  );
}

/** The table, and how to read it. */
function SideBySide({ audit, view, groups }: { audit: Audit; view: View; groups: Groups }) {
  const { items, share, note } = groups;
  const { signal, population } = view;
  const probed = items.some((group) => group.planted != null);
  return (
    <>
      <GroupTable
        groups={items}
        share={share}
        probed={probed}
        hrefOf={(group, grouping) =>
          withQuery(
            auditPath(audit.id),
            writeView({ ...DEFAULT_VIEW, signal, population, grouping, group }),
          )
        }
      />
      <p class="groups__reading quiet small">
        {population === "held_out" && "Among the examples that were not trained on. "}A number opens
        the group's examples in that ranking, hardest first: the flagged ones are the first so many.
        {note && (
          <>
            {" "}
            <Prose text={sentence(note)} />.
          </>
        )}
      </p>
      <Meanings share={share} probed={probed} />
      <Reasons groups={items} />
    </>
  );
}

/** Which ranking is looked at; those that compare groups are few. */
function SignalOf({ audit, view, search }: { audit: Audit; view: View; search: URLSearchParams }) {
  const signals = useSignals();
  const offered = COMPARED.filter((signal) => audit.signals.includes(signal));
  const go = (signal: string) => {
    const next = new URLSearchParams(search);
    next.set("signal", signal);
    goTo(withQuery(auditPath(audit.id), next));
  };
  return (
    <label class="groups__signal small">
      <span>Ranked by</span>
      <select value={view.signal} onChange={(event) => go(event.currentTarget.value)}>
        {offered.map((signal) => (
          <option key={signal} value={signal}>
            {rankingName(signal, signals)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Meanings({ share, probed }: { share: number; probed: boolean }) {
  const words = GROUPINGS.map((grouping) => GROUPING_WORDS[grouping]);
  const ofProbes = [
    {
      name: "Planted errors",
      meaning: `probes with a random label, made from the group's examples: how many of them label_issue, compared globally, finds in its top ${part(share)}, with the 95 % interval`,
    },
    {
      name: "Clean ones",
      meaning:
        "the group's typical and atypical probes, whose labels a pilot shares: how many of them it flags by mistake",
    },
  ];
  return (
    <dl class="groups__meanings small">
      {[...words, ...(probed ? ofProbes : [])].map(({ name, meaning }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Why some rates are not told. */
function Reasons({ groups }: { groups: Group[] }) {
  const reasons = groups.flatMap(({ name, planted, clean }) =>
    [
      [`planted errors in ${name}`, planted?.reason] as const,
      [`clean ones in ${name}`, clean?.reason] as const,
    ].filter(([, reason]) => reason != null),
  );
  if (reasons.length === 0) return null;
  return (
    <details class="groups__reasons small">
      <summary>Why some rates are not told ({reasons.length})</summary>
      <ul>
        {reasons.map(([of, reason]) => (
          <li key={of}>
            {of}: <Prose text={reason ?? ""} />
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The address's view where its signal compares groups, else the first signal of the audit that does. */
function comparedView(audit: Audit, search: URLSearchParams): View {
  const view = readView(search);
  if (COMPARED.includes(view.signal) && audit.signals.includes(view.signal)) return view;
  const signal = COMPARED.find((name) => audit.signals.includes(name)) ?? DEFAULT_VIEW.signal;
  return { ...DEFAULT_VIEW, signal };
}
