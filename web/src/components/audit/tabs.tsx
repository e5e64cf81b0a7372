import type { Audit } from "../../api/types";
import { withQuery } from "../../lib/url";
import "./tabs.css";

const TABS = [
  ["examples", "Examples"],
  ["archaeology", "Archaeology"],
  ["groups", "Groups"],
  ["compression", "Compression"],
  ["estimate", "How many are wrong?"],
  ["compare", "Compare"],
  ["training", "Training"],
] as const;

export type Tab = (typeof TABS)[number][0];

/** What there is to see of an audit, the first by default; populations can be compared before all are trained. */
export function tabsOf({ state, pie }: Audit): readonly Tab[] {
  if (state === "succeeded") return TABS.map(([tab]) => tab);
  return pie ? ["training", "compression"] : ["training"];
}

/** The one of these parts that an address names; the first where it names none of them. */
export function readTab(search: URLSearchParams, tabs: readonly Tab[]): Tab {
  return tabs.find((tab) => tab === search.get("tab")) ?? tabs[0] ?? "training";
}

interface Props {
  url: URL;
  tabs: readonly Tab[];
  current: Tab;
}

/** The parts of an audit; the choice is part of the address. */
export function Tabs({ url, tabs, current }: Props) {
  const names = new Map(TABS);
  return (
    <nav class="tabs" aria-label="Parts of the audit">
      {tabs.map((tab, at) => (
        <a
          key={tab}
          href={hrefOf(url, at === 0 ? null : tab)}
          aria-current={tab === current ? "page" : undefined}
        >
          {names.get(tab)}
        </a>
      ))}
    </nav>
  );
}

/** The address of a part; of the default one where it is null. */
function hrefOf(url: URL, tab: Tab | null): string {
  const search = new URLSearchParams(url.search);
  search.delete("tab");
  if (tab !== null) search.set("tab", tab);
  return withQuery(url.pathname, search);
}
