import type { PieTable } from "../../api/types";
import { count, percent } from "../../lib/format";
import { levelTitle } from "../../lib/levels";
import { zeros } from "../../lib/pie";
import { NumberTable } from "../number-table";

/** The sparsity that each pruned population reached, weight tensor by weight tensor. */
export function LayerTable({ levels }: PieTable) {
  const pruned = levels.filter(({ layers }) => layers.length > 0);
  const [first] = pruned;
  if (!first) return null;
  return (
    <details class="small">
      <summary>Sparsity reached, layer by layer</summary>
      <NumberTable label="Sparsity of each layer">
        <thead>
          <tr>
            <th scope="col" class="number-table__name">
              Layer
            </th>
            <th scope="col" title="Weights of one model">
              Weights
            </th>
            {pruned.map(({ level }) => (
              <th key={level} scope="col">
                {levelTitle(level)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first.layers.map(({ name, weights }) => (
            <tr key={name}>
              <th scope="row" class="number-table__name">
                <code>{name}</code>
              </th>
              <td>{count(weights / first.models)}</td>
              {pruned.map(({ level, layers }) => {
                const layer = layers.find((one) => one.name === name);
                return <td key={level}>{layer ? percent(zeros(layer)) : "–"}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </NumberTable>
    </details>
  );
}
