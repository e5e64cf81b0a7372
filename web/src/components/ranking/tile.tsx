import type { RankedExample } from "../../api/types";
import { count, percentile, score } from "../../lib/format";
import { rankRange, valueRange } from "../../lib/seeds";
import { standingWords } from "../../lib/standings";
import { Specimen } from "../specimen";
import { ModalClasses } from "./modal-classes";
import "./tile.css";

interface Props {
  item: RankedExample;
  href: string;
  /** Meaning of the score. */
  hint: string;
}

/** One example of the grid: image or text, given label, rank and score. */
export function Tile({ item, href, hint }: Props) {
  const value = item.value == null ? "no score" : score(item.value);
  const place = item.percentile == null ? "" : `, percentile ${percentile(item.percentile)}`;
  const seeds = item.over_seeds;
  const values = seeds && valueRange(seeds);
  const range = values ? `, ${values} over the seeds` : "";
  return (
    <li class="tile">
      <a class="tile__link" href={href} data-index={item.index}>
        <Specimen imageUrl={item.image_url} text={item.excerpt} name={item.key} lazy />
        {item.label == null ? (
          <span class="tile__label quiet">
            <bdi class="tile__name">{item.key}</bdi>
          </span>
        ) : (
          <span class="tile__label" title={`given label: ${item.label}`}>
            <span class="unseen">given label </span>
            <bdi class="tile__name">{item.label}</bdi>
          </span>
        )}
        <span class="tile__numbers small">
          <span class="quiet" title={seeds ? `rank ${rankRange(seeds)} over the seeds` : undefined}>
            <span class="unseen">rank </span>
            {count(item.rank)}
          </span>
          <span title={item.value == null ? (item.value_reason ?? "") : `${hint}${place}${range}`}>
            <span class="unseen">score </span>
            {value}
          </span>
        </span>
        {item.standing.standing !== "undecided" && (
          <span class="tile__standing small">
            <span class="unseen">decided: </span>
            {standingWords(item.standing)}
          </span>
        )}
        {item.modal_classes && <ModalClasses classes={item.modal_classes} />}
      </a>
    </li>
  );
}
