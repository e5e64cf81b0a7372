import type { ComponentChildren } from "preact";
import "./number-table.css";

interface Props {
  /** Its name, where no heading on the page says it. */
  label?: string;
  /** Id of the heading that names it. */
  labelledBy?: string;
  class?: string;
  children: ComponentChildren;
}

/** A table of numbers that scrolls sideways by itself, its first column staying in sight. */
export function NumberTable({ label, labelledBy, class: more = "", children }: Props) {
  return (
    <section
      class="number-table__scroll"
      aria-label={label}
      aria-labelledby={labelledBy}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
      tabIndex={0}
    >
      <table class={`number-table ${more}`.trim()}>{children}</table>
    </section>
  );
}
