import type { ExemplarOfLevel } from "../../api/types";
import { score } from "../../lib/format";
import { levelTitle } from "../../lib/levels";
import "../compression/level-table.css";
import { NumberTable } from "../number-table";
import { whole } from "../ranking/modal-classes";
import { Untold } from "../untold";

interface Props {
  exemplars: ExemplarOfLevel[];
  /** The ranking by a population's disagreement. */
  hrefOf: (exemplar: ExemplarOfLevel) => string;
}

/** What each population and the unpruned one make of an example. */
export function ExemplarTable({ exemplars, hrefOf }: Props) {
  if (exemplars.length === 0) return null;
  return (
    <div>
      <h2 id="exemplars">What compressed models make of it</h2>
      <NumberTable labelledBy="exemplars" class="level-table">
        <thead class="small">
          <tr>
            <th scope="col" class="number-table__name">
              Models
            </th>
            <th scope="col" title="Class that most unpruned models predict, and how many do">
              Unpruned say
            </th>
            <th scope="col" title="Class that most of these models predict, and how many do">
              They say
            </th>
            <th scope="col">Exemplar</th>
            <th
              scope="col"
              title="Taxicab distance of the two populations' shares of predictions, 0 to 2"
            >
              Distance
            </th>
          </tr>
        </thead>
        <tbody>
          {exemplars.map((exemplar) => (
            <Row
              key={`${exemplar.level} ${exemplar.population}`}
              exemplar={exemplar}
              href={hrefOf(exemplar)}
            />
          ))}
        </tbody>
      </NumberTable>
      {exemplars.some(({ population }) => population === "held_out") && (
        <p class="quiet small">It was held out: the models were not trained on it.</p>
      )}
    </div>
  );
}

function Row({ exemplar, href }: { exemplar: ExemplarOfLevel; href: string }) {
  const { level, unpruned, unpruned_agreement, own, own_agreement } = exemplar;
  const { is_exemplar, tied, distance } = exemplar;
  return (
    <tr>
      <th scope="row" class="number-table__name">
        <a href={href}>{levelTitle(level)}</a>
      </th>
      <td>
        {unpruned} <span class="quiet small">{whole(unpruned_agreement)}</span>
      </td>
      <td>
        {own} <span class="quiet small">{whole(own_agreement)}</span>
      </td>
      <td>
        {is_exemplar ? "✕ differ" : "✓ agree"}
        {tied && (
          <span
            class="quiet small"
            title="As many models predict another class; the larger index is taken"
          >
            {" "}
            a tie
          </span>
        )}
      </td>
      <td>{distance == null ? <Untold /> : score(distance)}</td>
    </tr>
  );
}
