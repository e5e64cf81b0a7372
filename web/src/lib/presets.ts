import type { Draft } from "./draft";

export type PresetName = "quick" | "standard" | "thorough";

/** The ready-made recipes: what each is for and why it is as it is. */
export const PRESETS: readonly { name: PresetName; title: string; why: string }[] = [
  {
    name: "quick",
    title: "Quick",
    why: "A third of the usual epochs and 3 checkpoints: a first look, to see whether data and recipe fit.",
  },
  {
    name: "standard",
    title: "Standard",
    why: "The usual epochs for a dataset of this size and 6 checkpoints: enough for every ranking.",
  },
  {
    name: "thorough",
    title: "Thorough",
    why: "Twice the epochs, 10 checkpoints, 3 seeds and archaeology: it also tells how far chance moves the ranks, and which kind every example is.",
  },
];

const QUICK_CHECKPOINTS = 3;
const THOROUGH_CHECKPOINTS = 10;

/**
 * The draft with a preset's values. `usualEpochs` is what the server would train this dataset for;
 * while it is unknown (null) the epochs are left to the server.
 */
export function withPreset(draft: Draft, preset: PresetName, usualEpochs: number | null): Draft {
  const { epochs, checkpoints, seeds, archaeology } = values(preset, usualEpochs);
  return {
    ...draft,
    preset,
    seeds,
    archaeology: archaeology ? (draft.archaeology ?? { suiteSize: "", kept: {} }) : null,
    recipe: { ...draft.recipe, epochs, checkpoints },
  };
}

function values(preset: PresetName, usual: number | null) {
  const epochs = (factor: number, least: number) =>
    usual === null ? "" : String(Math.max(least, Math.round(usual * factor)));
  switch (preset) {
    case "quick":
      return {
        epochs: epochs(1 / 3, QUICK_CHECKPOINTS),
        checkpoints: String(QUICK_CHECKPOINTS),
        seeds: "1",
        archaeology: false,
      };
    case "standard":
      return { epochs: "", checkpoints: "", seeds: "1", archaeology: false };
    case "thorough":
      return {
        epochs: epochs(2, THOROUGH_CHECKPOINTS),
        checkpoints: String(THOROUGH_CHECKPOINTS),
        seeds: "3",
        archaeology: true,
      };
  }
}
