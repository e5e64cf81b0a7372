import type { ComponentChildren } from "preact";
import { useNarrow } from "../lib/media";
import "./folded.css";

/** On a phone these wait behind a line of their own: the examples are what one came for. */
export function Folded({ title, children }: { title: string; children: ComponentChildren }) {
  if (!useNarrow()) return <>{children}</>;
  return (
    <details class="folded">
      <summary>{title}</summary>
      <div class="folded__content">{children}</div>
    </details>
  );
}
