import "./state-label.css";

/** A sign a state: its shape tells it without colour. */
export const GLYPHS = {
  receiving: "○",
  queued: "○",
  validating: "○",
  running: "◐",
  silent: "△",
  succeeded: "✓",
  ready: "✓",
  failed: "✕",
  cancelled: "–",
};

interface Props {
  state: keyof typeof GLYPHS;
  words: string;
}

/** A state in words; the sign before it only helps the eye. */
export function StateLabel({ state, words }: Props) {
  return (
    <span class="state-label" data-state={state}>
      <span class="state-label__sign" aria-hidden="true">
        {GLYPHS[state]}
      </span>
      {words}
    </span>
  );
}
