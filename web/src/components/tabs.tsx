import { withQuery } from "../lib/url";
import "./tabs.css";

const TABS = [
  ["examples", "Examples"],
  ["archaeology", "Archaeology"],
  ["groups", "Groups"],
  ["training", "Training"],
] as const;

export type Tab = (typeof TABS)[number][0];

/** The part of the audit that an address names; the examples where it names none. */
export function readTab(search: URLSearchParams): Tab {
  return TABS.find(([tab]) => tab === search.get("tab"))?.[0] ?? "examples";
}

/** The parts of an audit; the choice is part of the address. */
export function Tabs({ url, current }: { url: URL; current: Tab }) {
  return (
    <nav class="tabs" aria-label="Parts of the audit">
      {TABS.map(([tab, name]) => (
        <a key={tab} href={hrefOf(url, tab)} aria-current={tab === current ? "page" : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}

function hrefOf(url: URL, tab: Tab): string {
  const search = new URLSearchParams(url.search);
  search.delete("tab");
  if (tab !== "examples") search.set("tab", tab);
  return withQuery(url.pathname, search);
}
