import type { FieldError, SignalName, StartAudit } from "../api/types";
import type { PresetName } from "./presets";
import { SIGNALS } from "./url";

/** A recipe as typed; an empty field leaves the value to the server. */
export type RecipeDraft = Record<RecipeField, string>;
export type RecipeField =
  | "model"
  | "epochs"
  | "checkpoints"
  | "batch_size"
  | "lr"
  | "weight_decay"
  | "augment"
  | "precision"
  | "sweep_precision"
  | "image_size"
  | "split"
  | "gradient_target"
  | "weights";

/** Archaeology as typed; `kept` is what a copied audit says of it beyond the form. */
export interface ArchaeologyDraft {
  suiteSize: string;
  kept: Partial<NonNullable<StartAudit["archaeology"]>>;
}

/** Populations of models as typed; `kept` is what a copied audit says of them beyond the form. */
export interface PieDraft {
  sparsities: string;
  population: string;
  /** Whether there is a second unpruned population; empty leaves it to the server. */
  null: "" | "yes" | "no";
  quantise: Quantisation[];
  kept: Partial<NonNullable<StartAudit["pie"]>>;
}
export type Quantisation = "int8" | "fp16";

/** An audit as the reader is putting it together. */
export interface Draft {
  preset: PresetName | "own";
  vog: boolean;
  seeds: string;
  seed: string;
  archaeology: ArchaeologyDraft | null;
  pie: PieDraft | null;
  recipe: RecipeDraft;
}

export const NEW_DRAFT: Draft = {
  preset: "standard",
  vog: true,
  seeds: "1",
  seed: "",
  archaeology: null,
  pie: null,
  recipe: {
    model: "",
    epochs: "",
    checkpoints: "",
    batch_size: "",
    lr: "",
    weight_decay: "",
    augment: "",
    precision: "",
    sweep_precision: "",
    image_size: "",
    split: "",
    gradient_target: "",
    weights: "",
  },
};

/** The signals that any training gives, whatever else is asked for. */
export const FREE_SIGNALS: readonly SignalName[] = SIGNALS.filter(
  (signal) => signal !== "vog" && signal !== "pie",
);

/** The request that a draft makes, or what in it cannot be read, in the server's own names of fields. */
export function requestOf(
  draft: Draft,
  dataset: string,
): { body: StartAudit; errors: null } | { body: null; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const read = new Reader(errors);
  const body = {
    dataset_id: dataset,
    recipe: recipe(draft.recipe, read),
    ...(draft.vog ? {} : { signals: [...FREE_SIGNALS] }),
    ...read.whole("seed", "seed", draft.seed),
    ...read.whole("seeds", "seeds", draft.seeds),
    ...(draft.archaeology && { archaeology: archaeology(draft.archaeology, read) }),
    ...(draft.pie && { pie: pie(draft.pie, read) }),
  } as StartAudit;
  return errors.length > 0 ? { body: null, errors } : { body, errors: null };
}

function recipe(typed: RecipeDraft, read: Reader) {
  const weights = typed.weights.trim();
  return {
    ...chosen("model", typed.model),
    ...chosen("augment", typed.augment),
    ...chosen("precision", typed.precision),
    ...chosen("sweep_precision", typed.sweep_precision),
    ...chosen("split", typed.split),
    ...chosen("gradient_target", typed.gradient_target),
    ...(weights && { init: { weights } }),
    ...read.whole("epochs", "recipe.epochs", typed.epochs),
    ...read.whole("batch_size", "recipe.batch_size", typed.batch_size),
    ...read.whole("image_size", "recipe.image_size", typed.image_size),
    ...read.number("lr", "recipe.lr", typed.lr),
    ...read.number("weight_decay", "recipe.weight_decay", typed.weight_decay),
    ...checkpoints(typed.checkpoints, read),
  };
}

/** One number is how many; several are the epochs themselves. */
function checkpoints(typed: string, read: Reader) {
  const field = "recipe.checkpoints";
  if (!typed.includes(",")) return read.whole("checkpoints", field, typed);
  return { checkpoints: read.list(field, typed) };
}

function archaeology({ suiteSize, kept }: ArchaeologyDraft, read: Reader) {
  return { ...kept, ...read.whole("suite_size", "archaeology.suite_size", suiteSize) };
}

function pie({ sparsities, population, quantise, kept, ...rest }: PieDraft, read: Reader) {
  return {
    ...kept,
    ...(sparsities.trim() && { sparsities: read.list("pie.sparsities", sparsities) }),
    ...read.whole("population", "pie.population", population),
    ...(quantise.length > 0 && { quantise }),
    ...(rest.null !== "" && { null: rest.null === "yes" }),
  };
}

function chosen(name: string, value: string) {
  return value === "" ? {} : { [name]: value };
}

/** Reads numbers and notes what is none; ranges are left to the server. */
class Reader {
  constructor(private readonly errors: FieldError[]) {}

  whole(name: string, field: string, text: string): Record<string, number> {
    return this.value(name, field, text, Number.isSafeInteger, "must be a whole number");
  }

  number(name: string, field: string, text: string): Record<string, number> {
    return this.value(name, field, text, Number.isFinite, "must be a number, such as 0.05");
  }

  list(field: string, text: string): number[] {
    const parts = text.split(",").map((part) => part.trim());
    if (parts.every((part) => part !== "" && Number.isFinite(Number(part))))
      return parts.map(Number);
    this.errors.push({ field, detail: "must be numbers with commas between them" });
    return [];
  }

  private value(
    name: string,
    field: string,
    text: string,
    fits: (value: number) => boolean,
    detail: string,
  ): Record<string, number> {
    if (text.trim() === "") return {};
    if (fits(Number(text))) return { [name]: Number(text) };
    this.errors.push({ field, detail });
    return {};
  }
}
