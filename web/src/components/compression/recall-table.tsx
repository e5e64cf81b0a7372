import { useState } from "preact/hooks";
import type { RecallRow, Recalls, Tested } from "../../api/types";
import { count, counted, percent, points } from "../../lib/format";
import { figures, orderedRecalls, type RecallOrder } from "../../lib/pie";
import "../button.css";
import "./recall-table.css";
import { NumberTable } from "../number-table";

/** Rows shown at first, and added by a press: of ten thousand classes the first ones are looked at. */
const PAGE = 50;

interface Props {
  recalls: Recalls;
  /** What the population is called. */
  title: string;
  order: RecallOrder;
  /** The same view in the next order. */
  onReorder: () => void;
  /** The ranking of a class or group; null while there is none. */
  hrefOf: ((name: string) => string) | null;
}

type Test = [title: string, meaning: string, of: (row: RecallRow) => Tested | null | undefined];

const PAIRED: Test = [
  "Paired test",
  "each rounded model against itself before: they share their trainings",
  (row) => row.paired,
];

const WELCH: Test = [
  "Welch's test, as published",
  "of the normalised recalls; it takes the models of both populations to be independent",
  (row) => row.welch,
];

const FIGURES: [title: string, meaning: string][] = [
  ["t", "the change in units of its standard error"],
  ["df", "degrees of freedom"],
  ["p", "probability of a change at least as large where there is none"],
  ["p (Holm)", "the same, corrected for the number of tests of the family (Holm 1979)"],
];

const ARIA = { harmed: "ascending", spared: "descending", given: "none" } as const;

const ORDER_WORDS: Record<RecallOrder, string> = {
  harmed: "most harmed first",
  spared: "least harmed first",
  given: "in the order of the dataset",
};

const NAMES = {
  class: ["Class", "class", "classes"],
  group: ["Group", "group", "groups"],
} as const;

/** How compression changes recall, class by class or group by group: the disparate-impact table. */
export function RecallTable({ recalls, title, order, onReorder, hrefOf }: Props) {
  const [shown, setShown] = useState(PAGE);
  const [sought, setSought] = useState("");
  const { of, family, rows } = recalls;
  const [heading, one, many] = NAMES[of];
  const found = orderedRecalls(rows, order).filter(({ name }) =>
    name.toLowerCase().includes(sought.toLowerCase()),
  );
  const isPaired = rows.some((row) => row.paired != null);
  const tests = isPaired ? [PAIRED, WELCH] : [WELCH];
  return (
    <div class="recall-table">
      <h3 id={`recall-${of}`}>By {one}</h3>
      {rows.length > PAGE && (
        <label class="recall-table__find small">
          <span class="quiet">Find a {one}</span>
          <input
            type="search"
            value={sought}
            onInput={(event) => setSought(event.currentTarget.value)}
          />
        </label>
      )}
      <NumberTable labelledBy={`recall-${of}`}>
        <thead class="small">
          <tr>
            <th rowSpan={2} scope="col" class="number-table__name">
              {heading}
            </th>
            <th rowSpan={2} scope="col">
              Examples
            </th>
            <th rowSpan={2} scope="col" title="Mean recall of the unpruned models">
              Unpruned
            </th>
            <th rowSpan={2} scope="col" title="Mean recall of these models">
              {title}
            </th>
            <th rowSpan={2} scope="col" aria-sort={ARIA[order]}>
              <button
                type="button"
                class="recall-table__order"
                title={`Ordered: ${ORDER_WORDS[order]}. Press for the next order.`}
                onClick={onReorder}
              >
                <span class="recall-table__by">Normalised change</span>
                <span class="recall-table__under">{ORDER_WORDS[order]}</span>
              </button>
            </th>
            {tests.map(([name, meaning]) => (
              <th
                key={name}
                colSpan={FIGURES.length}
                scope="colgroup"
                class="recall-table__span"
                title={meaning}
              >
                {name}
              </th>
            ))}
          </tr>
          <tr>
            {tests.flatMap(([name]) =>
              FIGURES.map(([figure, meaning]) => (
                <th key={`${name} ${figure}`} scope="col" title={meaning}>
                  {figure}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {found.slice(0, shown).map((row) => (
            <Row key={row.name} row={row} tests={tests} href={hrefOf?.(row.name) ?? null} />
          ))}
        </tbody>
      </NumberTable>
      {found.length === 0 && <p class="quiet small">There is no such {one}.</p>}
      {found.length > shown && (
        <p class="recall-table__more">
          <button type="button" class="button" onClick={() => setShown(shown + PAGE)}>
            Show more
          </button>{" "}
          <span class="quiet small">
            {count(shown)} of {counted(found.length, one, many)}
          </span>
        </p>
      )}
      <p class="recall-table__family quiet small">
        p (Holm) is corrected over one family of tests: {family}.
      </p>
    </div>
  );
}

interface RowProps {
  row: RecallRow;
  tests: Test[];
  href: string | null;
}

function Row({ row, tests, href }: RowProps) {
  const { name, examples, unpruned, own, normalised_change } = row;
  return (
    <tr>
      <th scope="row" class="number-table__name">
        <span class="recall-table__name">{href ? <a href={href}>{name}</a> : name}</span>
      </th>
      <td>{count(examples)}</td>
      <td>{percent(unpruned)}</td>
      <td>{percent(own)}</td>
      <td>{points(normalised_change)}</td>
      {tests.map(([title, , of]) => (
        <Figures key={title} tested={of(row)} />
      ))}
    </tr>
  );
}

/** The figures of a test, or why there is none. */
function Figures({ tested }: { tested: Tested | null | undefined }) {
  const shown = tested && figures(tested);
  if (!shown)
    return (
      <td colSpan={FIGURES.length} class="recall-table__why quiet small">
        {tested?.reason ?? "no test"}
      </td>
    );
  return (
    <>
      {FIGURES.map(([title], at) => (
        <td key={title}>{shown[at]}</td>
      ))}
    </>
  );
}
