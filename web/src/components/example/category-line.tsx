import "./category-line.css";

const COLOURS = 6;
/** Lines differ in their dashes too, so that no colour has to be told from another. */
const DASHES = [[], [8, 4], [2, 3], [12, 3, 2, 3], [6, 2], [1, 6]];

/** Dashes of the line of the category at a position. */
export function dashOf(position: number): number[] {
  return DASHES[position % DASHES.length] ?? [];
}

/** The style sheet's name of its colour, known within `.category-lines`. */
export function colourOf(position: number): string {
  return `--line-${position % COLOURS}`;
}

/** A piece of the line, for a legend. */
export function CategoryLine({ position }: { position: number }) {
  return (
    <svg width="32" height="8" aria-hidden="true" class="category-line">
      <line
        x1="0"
        x2="32"
        y1="4"
        y2="4"
        style={{ stroke: `var(${colourOf(position)})` }}
        stroke-dasharray={dashOf(position).join(" ")}
      />
    </svg>
  );
}
