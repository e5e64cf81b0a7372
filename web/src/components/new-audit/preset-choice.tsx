import type { Draft } from "../../lib/draft";
import { PRESETS, type PresetName } from "../../lib/presets";
import "./preset-choice.css";

interface Props {
  preset: Draft["preset"];
  onChange: (preset: PresetName) => void;
}

/** How thorough the audit is to be. */
export function PresetChoice({ preset, onChange }: Props) {
  return (
    <fieldset class="preset-choice">
      <legend class="unseen">How thorough</legend>
      {PRESETS.map(({ name, title, why }) => (
        <Option
          key={name}
          {...{ title, why }}
          checked={preset === name}
          onChoose={() => onChange(name)}
        />
      ))}
      {preset === "own" && (
        <Option title="Your own" why="The values below, none of the ready-made ones." checked />
      )}
    </fieldset>
  );
}

interface OptionProps {
  title: string;
  why: string;
  checked: boolean;
  onChoose?: () => void;
}

function Option({ title, why, checked, onChoose }: OptionProps) {
  return (
    <label class="preset-choice__option">
      <input type="radio" name="preset" checked={checked} onChange={onChoose} />
      <span class="preset-choice__title">{title}</span>
      <span class="preset-choice__why quiet small">{why}</span>
    </label>
  );
}
