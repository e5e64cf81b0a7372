import { withQuery } from "../lib/url";
import "./tabs.css";

/** Examples or training; the choice is part of the address. */
export function Tabs({ url, training }: { url: URL; training: boolean }) {
  const examples = new URLSearchParams(url.search);
  examples.delete("tab");
  const curves = new URLSearchParams(examples);
  curves.set("tab", "training");
  return (
    <nav class="tabs" aria-label="Parts of the audit">
      <a href={withQuery(url.pathname, examples)} aria-current={training ? undefined : "page"}>
        Examples
      </a>
      <a href={withQuery(url.pathname, curves)} aria-current={training ? "page" : undefined}>
        Training
      </a>
    </nav>
  );
}
