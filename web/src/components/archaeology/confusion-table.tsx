import type { ArchaeologyReport } from "../../api/types";
import { categoryTitle } from "../../lib/archaeology";
import "./confusion-table.css";

/** What held-out probes are, row by row, and what the vote calls them. */
export function ConfusionTable({ report }: { report: ArchaeologyReport }) {
  const names = report.categories.map((category) => categoryTitle(category.name));
  return (
    <div>
      <h2 id="confusion">Held-out probes</h2>
      <p id="confusion-reading" class="quiet small">
        Each row says what probes are, each column what the vote calls them; right answers are
        framed.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <section class="confusion-table__scroll" aria-labelledby="confusion" tabIndex={0}>
        <table class="confusion-table__table" aria-describedby="confusion-reading">
          <thead class="small">
            <tr>
              <th scope="col">Is</th>
              {names.map((name) => (
                <th key={name} scope="col">
                  <span class="unseen">called </span>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name, row) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {(report.confusion[row] ?? []).map((probes, column) => (
                  <td
                    key={names[column]}
                    class={row === column ? "confusion-table__right" : undefined}
                  >
                    {probes}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}
