import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { sentence } from "../lib/format";
import "./form-field.css";
import { Prose } from "./prose";

interface Common {
  label: string;
  /** Meaning, unit and what an empty field stands for. */
  hint?: string;
  error?: string | null;
  value: string;
  onChange: (value: string) => void;
}

/** A line of text with its label, what it means and what is wrong with it. */
export function TextField({
  placeholder,
  numeric,
  ...common
}: Common & { placeholder?: string | undefined; numeric?: boolean }) {
  const id = useId();
  return (
    <Frame id={id} {...common}>
      <input
        id={id}
        type="text"
        autocomplete="off"
        spellcheck={false}
        inputMode={numeric ? "decimal" : "text"}
        placeholder={placeholder ?? ""}
        value={common.value}
        aria-invalid={common.error ? "true" : undefined}
        aria-describedby={describedBy(id, common)}
        onInput={(event) => common.onChange(event.currentTarget.value)}
      />
    </Frame>
  );
}

/** A choice among a few values; the empty one leaves it to the server. */
export function SelectField({
  options,
  ...common
}: Common & { options: readonly (readonly [value: string, words: string])[] }) {
  const id = useId();
  return (
    <Frame id={id} {...common}>
      <select
        id={id}
        value={common.value}
        aria-invalid={common.error ? "true" : undefined}
        aria-describedby={describedBy(id, common)}
        onChange={(event) => common.onChange(event.currentTarget.value)}
      >
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </Frame>
  );
}

function Frame({ id, label, hint, error, children }: FrameProps) {
  return (
    <div class="form-field">
      <label class="form-field__label" for={id}>
        {label}
      </label>
      {children}
      {error && (
        <p id={`${id}-error`} class="form-field__error small">
          <span aria-hidden="true">✕</span> <Prose text={`${sentence(error)}.`} />
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} class="quiet small">
          {hint}
        </p>
      )}
    </div>
  );
}

type FrameProps = Pick<Common, "label" | "hint" | "error"> & {
  id: string;
  children: ComponentChildren;
};

function describedBy(id: string, { hint, error }: Pick<Common, "hint" | "error">) {
  return [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined;
}
