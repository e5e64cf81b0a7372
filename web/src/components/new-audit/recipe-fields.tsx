import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Dataset, EstimatedAudit, FieldError } from "../../api/types";
import type { Draft, RecipeField } from "../../lib/draft";
import { anyBelow, errorAt } from "../../lib/field-errors";
import { counted } from "../../lib/format";
import { resolvedRecipe } from "../../lib/resolved-recipe";
import { SelectField, TextField } from "../form-field";
import "./recipe-fields.css";

interface Props {
  draft: Draft;
  dataset: Dataset;
  /** What the server would train if nothing was said. */
  usual: EstimatedAudit["recipe"] | null;
  /** What it would train now, for the empty fields: some depend on others. */
  resolved: EstimatedAudit["recipe"] | null;
  errors: readonly FieldError[];
  onChange: (draft: Draft) => void;
}

type Texts = [field: RecipeField, label: string, hint: string];

const SIZES: Texts[] = [
  ["epochs", "Epochs", "Passes over the data, 1 to 10,000."],
  ["checkpoints", "Checkpoints", "How many, evenly spaced; or the epochs themselves: 1, 4, 8."],
  ["batch_size", "Batch size", "Examples per step."],
  ["lr", "Learning rate", "Peak of the one-cycle schedule."],
  ["weight_decay", "Weight decay", "L2, 0 to 1."],
  ["image_size", "Image size, px", "Side of the network's square input."],
];

const CHOICES: [field: RecipeField, label: string, hint: string, values: [string, string][]][] = [
  [
    "model",
    "Model",
    "Larger ones take longer.",
    [
      ["cnn-s", "cnn-s (small)"],
      ["mlp", "mlp (no convolutions)"],
      ["resnet9", "resnet9"],
      ["resnet18", "resnet18"],
      ["resnet50", "resnet50 (largest)"],
    ],
  ],
  [
    "augment",
    "Augmentation",
    "Random changes to training images. A mirrored digit is another one.",
    [
      ["none", "none"],
      ["crop", "crop"],
      ["flip-crop", "flip and crop"],
    ],
  ],
  [
    "precision",
    "Precision",
    "Arithmetic of the passes; weights and sums stay in f32.",
    [
      ["f32", "f32"],
      ["bf16", "bf16"],
    ],
  ],
  [
    "sweep_precision",
    "Precision of gradients",
    "Arithmetic of the gradients; the training's unless chosen.",
    [
      ["f32", "f32"],
      ["bf16", "bf16"],
    ],
  ],
  [
    "gradient_target",
    "Gradient of",
    "Whose logit is differentiated.",
    [
      ["given", "the given label"],
      ["predicted", "the predicted class"],
    ],
  ],
];

/** Every field of the recipe; what is empty is the server's choice, which shows in its place. */
export function RecipeFields({ draft, dataset, usual, resolved, errors, onChange }: Props) {
  const server = { usual: resolvedRecipe(usual), now: resolvedRecipe(resolved ?? usual) };
  const set = (field: RecipeField) => (value: string) => {
    const preset = field === "epochs" || field === "checkpoints" ? "own" : draft.preset;
    onChange({ ...draft, preset, recipe: { ...draft.recipe, [field]: value } });
  };
  const common = (field: RecipeField) => ({
    value: draft.recipe[field],
    error: errorAt(errors, field === "weights" ? "recipe.init" : `recipe.${field}`),
    onChange: set(field),
  });
  return (
    <Disclosure opened={draft.preset === "own" || anyBelow(errors, "recipe")}>
      <div class="form-field__grid">
        {CHOICES.map(([field, label, hint, values]) => (
          <SelectField
            key={field}
            label={label}
            hint={hint}
            options={[["", asUsual(server.usual[field])], ...values]}
            {...common(field)}
          />
        ))}
        {SIZES.map(([field, label, hint]) => (
          <TextField
            key={field}
            label={label}
            hint={hint}
            placeholder={server.now[field]}
            numeric={field !== "checkpoints"}
            {...common(field)}
          />
        ))}
        <SelectField
          label="Split to train on"
          hint="The others are held out."
          options={[["", asUsual(server.usual.split)], ...splits(dataset)]}
          {...common("split")}
        />
        <TextField
          label="Seed"
          hint="Of initialisation, data order and augmentation."
          placeholder="0"
          numeric
          value={draft.seed}
          error={errorAt(errors, "seed")}
          onChange={(seed) => onChange({ ...draft, seed })}
        />
        <TextField
          label="Starting weights"
          hint="Hash of a file posted to /v1/weights, for resnet18 and resnet50. Empty: random."
          {...common("weights")}
        />
      </div>
    </Disclosure>
  );
}

/** Opens by itself where something inside wants to be seen; the reader may close it again. */
function Disclosure({ opened, children }: { opened: boolean; children: ComponentChildren }) {
  const [open, setOpen] = useState(opened);
  useEffect(() => {
    if (opened) setOpen(true);
  }, [opened]);
  return (
    <details
      class="recipe-fields"
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>Recipe in detail</summary>
      {children}
    </details>
  );
}

function asUsual(resolved: string | undefined): string {
  return resolved ? `usual: ${resolved}` : "the usual";
}

function splits(dataset: Dataset): [string, string][] {
  return (dataset.facts?.splits ?? []).map(({ name, examples }) => [
    name,
    `${name} (${counted(examples, "example")})`,
  ]);
}
