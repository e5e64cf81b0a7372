import "./whole-text.css";

/** A text as it was written, in its own direction; a long one scrolls. */
export function WholeText({ text }: { text: string }) {
  return (
    <blockquote class="whole-text" dir="auto">
      {text}
    </blockquote>
  );
}
