import type { CategoryReport } from "../../api/types";
import { categoryTitle, interval } from "../../lib/archaeology";
import { count, percent } from "../../lib/format";
import "./category-table.css";
import { Meanings } from "../meanings";
import { NumberTable } from "../number-table";

interface Props {
  categories: CategoryReport[];
  /** The grid with the examples of a category. */
  hrefOf: (category: string) => string;
}

type Column = [title: string, meaning: string, cell: (category: CategoryReport) => string];

const COLUMNS: Column[] = [
  ["Examples", "examples that the vote calls so", ({ called }) => count(called)],
  ["Share", "their share of the examples that were voted on", ({ share }) => percent(share)],
  [
    "Prevalence",
    "how frequent the category is when the errors of the vote are taken out: an estimate",
    ({ prevalence }) => shown(prevalence),
  ],
  [
    "Recall",
    "share of its held-out probes that the vote calls so, with the 95 % interval",
    ({ recall, recall_interval }) =>
      recall == null ? "–" : interval(recall, recall_interval ?? []),
  ],
  [
    "Precision",
    "share of the held-out probes called so that are, every category counting the same",
    ({ precision }) => shown(precision),
  ],
];

const CONTAMINATION: Column = [
  "Contamination",
  "estimated share of its probes that carry a wrong label, on the high side; only for suites made of the dataset's own examples",
  ({ contamination }) => shown(contamination),
];

/** What the vote made of the examples, and how well it did on held-out probes of known kind. */
export function CategoryTable({ categories, hrefOf }: Props) {
  const contaminated = categories.some((category) => category.contamination != null);
  const columns = contaminated ? [...COLUMNS, CONTAMINATION] : COLUMNS;
  return (
    <div>
      <h2 id="categories">Categories</h2>
      <NumberTable labelledBy="categories">
        <thead class="small">
          <tr>
            <th scope="col" class="number-table__name category-table__name">
              Learned like
            </th>
            {columns.map(([title, meaning]) => (
              <th key={title} scope="col" title={meaning}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {categories.map((category) => (
            <tr key={category.name}>
              <th scope="row" class="number-table__name category-table__name">
                <a href={hrefOf(category.name)}>{categoryTitle(category.name)}</a>
                {!category.reliable && (
                  <span class="category-table__unreliable small">unreliable</span>
                )}
              </th>
              {columns.map(([title, , cell]) => (
                <td key={title}>{cell(category)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </NumberTable>
      <Notes categories={categories} />
      <Meanings of={columns.map(([title, meaning]) => [title, meaning] as const)} />
    </div>
  );
}

function Notes({ categories }: { categories: CategoryReport[] }) {
  const noted = categories.filter((category) => category.note != null);
  if (noted.length === 0) return null;
  return (
    <ul class="category-table__notes small">
      {noted.map((category) => (
        <li key={category.name}>
          <strong>{categoryTitle(category.name)}</strong>: {category.note}
        </li>
      ))}
    </ul>
  );
}

function shown(share: number | null | undefined): string {
  return share == null ? "–" : percent(share);
}
