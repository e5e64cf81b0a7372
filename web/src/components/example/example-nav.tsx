import type { Ranking } from "../../api/ranking";
import { count } from "../../lib/format";
import { GROUPING_WORDS } from "../../lib/groupings";
import { levelTitle } from "../../lib/levels";
import { leaveTo, moveTo, onPlainClick } from "../../lib/location";
import { entrance } from "../../lib/signals";
import { DEFAULT_VIEW } from "../../lib/url";
import "../button.css";
import "./example-nav.css";

interface Props {
  hrefs: { previous: string | null; next: string | null; close: string };
  rank: number | null;
  ranking: Ranking;
}

/** Where we are in the ranking, and the ways on. Each key is printed on its button. */
export function ExampleNav({ hrefs, rank, ranking }: Props) {
  return (
    <nav class="example-nav" aria-label="Ranking">
      <a class="button" href={hrefs.close} onClick={onPlainClick(leaveTo, hrefs.close)}>
        <kbd>Esc</kbd> Grid
      </a>
      <p class="example-nav__place">{place(rank, ranking)}</p>
      <Step href={hrefs.previous} name="Previous" sign="←" />
      <Step href={hrefs.next} name="Next" sign="→" />
    </nav>
  );
}

function Step({ href, name, sign }: { href: string | null; name: string; sign: string }) {
  if (href === null)
    return (
      <button type="button" class="button" disabled>
        {name} <kbd>{sign}</kbd>
      </button>
    );
  return (
    <a class="button" href={href} onClick={onPlainClick(moveTo, href)}>
      {name} <kbd>{sign}</kbd>
    </a>
  );
}

function place(rank: number | null, ranking: Ranking): string {
  if (!ranking.info) return "";
  const title = entrance(ranking.info.name) ?? ranking.info.title;
  const { grouping } = ranking.view;
  const { level } = ranking.info;
  const name = [
    title,
    ...(grouping === DEFAULT_VIEW.grouping ? [] : [GROUPING_WORDS[grouping].name.toLowerCase()]),
    ...(level == null ? [] : [levelTitle(level).toLowerCase()]),
  ].join(", ");
  if (rank === null) return `${name}: not ranked`;
  return `${name}: rank ${count(rank)} of ${count(ranking.total)}`;
}
