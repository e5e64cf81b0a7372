import { useState } from "preact/hooks";
import { api, unwrap } from "../../api/client";
import type { Audit, DataMap as Cells } from "../../api/types";
import { type Bounds, placed, writeBounds } from "../../lib/bounds";
import { counted, score } from "../../lib/format";
import { goTo } from "../../lib/location";
import { useResource } from "../../lib/resource";
import type { View } from "../../lib/url";
import { type Part, useBrush } from "../../lib/use-brush";
import "./data-map.css";
import { ProblemNote } from "../problem-note";
import { RangeFields } from "./range-fields";

interface Props {
  audit: Audit;
  view: View;
  hrefOf: (view: View) => string;
}

/**
 * Where the examples lie between variability and confidence (Dataset Cartography); a part that is dragged over
 * filters the ranking. Asked for once it is opened: over a million examples it takes seconds.
 */
export function DataMap({ audit, view, hrefOf }: Props) {
  const [open, setOpen] = useState(view.within !== null);
  return (
    <details
      class="data-map small"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>Data map: confidence over variability</summary>
      {open && <Opened audit={audit} view={view} hrefOf={hrefOf} />}
    </details>
  );
}

function Opened({ audit, view, hrefOf }: Props) {
  const { population } = view;
  const found = useResource(`map of ${audit.id} ${population}`, () =>
    unwrap(
      api.GET("/v1/audits/{id}/map", { params: { path: { id: audit.id }, query: { population } } }),
    ),
  );
  if (found.problem) return <ProblemNote problem={found.problem} onRetry={found.reload} />;
  const filter = (within: string | null) => goTo(hrefOf({ ...view, within }));
  return (
    <div class="data-map__inside">
      <p>
        Variability grows to the right, confidence upwards. Below on the left is what the model
        never learned, wrong labels above all; on the right it wavers; above on the left it is sure.
        Drag over a part to see its examples.
      </p>
      {found.data ? (
        <Field map={found.data} within={view.within} onFilter={filter} />
      ) : (
        <div class="data-map__field" aria-busy="true" />
      )}
    </div>
  );
}

interface FieldProps {
  map: Cells;
  within: string | null;
  onFilter: (within: string | null) => void;
}

function Field({ map, within, onFilter }: FieldProps) {
  const x = axis(map.x);
  const y = axis(map.y);
  const brush = useBrush((part: Part) =>
    onFilter(
      writeBounds([
        { signal: x.signal, low: x.at(part.left), high: x.at(part.right) },
        { signal: y.signal, low: y.at(1 - part.bottom), high: y.at(1 - part.top) },
      ]),
    ),
  );
  const most = Math.max(...map.cells.map((cell) => cell.examples), 1);
  const bounds = readBounds(within, x, y);
  const part = brush.part ?? (within === null ? null : partOf(bounds, x, y));
  const size = 100 / map.side;
  return (
    <>
      <div class="data-map__field" {...brush.handlers}>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img">
          <title>{inWords(map)}</title>
          {map.cells.map((cell) => (
            <rect
              key={`${cell.x} ${cell.y}`}
              x={cell.x * size}
              y={100 - (cell.y + 1) * size}
              width={size}
              height={size}
              opacity={0.2 + 0.8 * (Math.log1p(cell.examples) / Math.log1p(most))}
            >
              <title>{counted(cell.examples, "example")}</title>
            </rect>
          ))}
        </svg>
        {part && (
          <span
            class="data-map__part"
            style={{
              left: `${part.left * 100}%`,
              right: `${100 - part.right * 100}%`,
              top: `${part.top * 100}%`,
              bottom: `${100 - part.bottom * 100}%`,
            }}
          />
        )}
      </div>
      <p class="score-histogram__fields">
        {bounds.map(({ signal, low, high }, at) => (
          <RangeFields
            key={signal}
            name={(at === 0 ? map.x : map.y).signal.title}
            low={low}
            high={high}
            onChange={(from, to) =>
              onFilter(
                bounds
                  .map((other) =>
                    other.signal === signal
                      ? `${signal}:${from ?? ""}..${to ?? ""}`
                      : `${other.signal}:${end(other.low)}..${end(other.high)}`,
                  )
                  .join(","),
              )
            }
          />
        ))}
        {within !== null && (
          <button type="button" class="button" onClick={() => onFilter(null)}>
            Show all
          </button>
        )}
      </p>
    </>
  );
}

interface Axis {
  signal: Bounds["signal"];
  low: number;
  high: number;
  at: (share: number) => number;
}

function axis({ signal, low, high }: Cells["x"]): Axis {
  const from = low ?? 0;
  const to = high ?? 0;
  return {
    signal: signal.name as Bounds["signal"],
    low: from,
    high: to,
    at: (share) => from + share * (to - from),
  };
}

type OpenBounds = { signal: Bounds["signal"]; low: number | null; high: number | null };

/** What the address says of the two signals. */
function readBounds(within: string | null, ...axes: Axis[]): OpenBounds[] {
  const said = new Map(
    (within ?? "").split(",").map((bound) => bound.split(":") as [string, string | undefined]),
  );
  const number = (text: string | undefined) => (text ? Number(text) : null);
  return axes.map(({ signal }) => {
    const [low, high] = said.get(signal)?.split("..") ?? [];
    return { signal, low: number(low), high: number(high) };
  });
}

function partOf([across, up]: OpenBounds[], x: Axis, y: Axis): Part {
  const share = (value: number | null | undefined, { low, high }: Axis, otherwise: number) =>
    value == null || high === low
      ? otherwise
      : Math.min(Math.max((value - low) / (high - low), 0), 1);
  return {
    left: share(across?.low, x, 0),
    right: share(across?.high, x, 1),
    top: 1 - share(up?.high, y, 1),
    bottom: 1 - share(up?.low, y, 0),
  };
}

function end(value: number | null): string {
  return value === null ? "" : placed(value);
}

function inWords({ x, y, cells }: Cells): string {
  const all = cells.reduce((sum, cell) => sum + cell.examples, 0);
  const range = ({ signal, low, high }: Cells["x"]) =>
    `${signal.title} from ${score(low ?? Number.NaN)} to ${score(high ?? Number.NaN)}`;
  return `${counted(all, "example")}: ${range(x)} from left to right, ${range(y)} from bottom to top`;
}
