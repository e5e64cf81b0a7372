import type { Audit } from "../api/types";
import { type Draft, NEW_DRAFT } from "./draft";

type Pie = NonNullable<Audit["pie"]>;
type Archaeology = NonNullable<Audit["archaeology"]>;
type Recipe = NonNullable<Audit["recipe"]>;

/** A draft of the same audit again; null of an external run, which is trained elsewhere. */
export function draftLike(audit: Audit): Draft | null {
  const { recipe, archaeology, pie } = audit;
  if (!recipe) return null;
  return {
    preset: "own",
    vog: audit.signals.includes("vog"),
    seeds: String(audit.seeds),
    seed: String(audit.seed),
    archaeology: archaeology ? archaeologyLike(archaeology) : null,
    pie: pie ? pieLike(pie) : null,
    recipe: recipeLike(recipe),
  };
}

function recipeLike(recipe: Recipe): Draft["recipe"] {
  return {
    ...NEW_DRAFT.recipe,
    model: recipe.model,
    epochs: String(recipe.epochs),
    // Without gradients there were none; then the server's choice stands ready.
    checkpoints: recipe.checkpoints.join(", "),
    batch_size: String(recipe.batch_size),
    lr: String(recipe.lr),
    weight_decay: String(recipe.weight_decay),
    augment: recipe.augment,
    precision: recipe.precision,
    sweep_precision: recipe.sweep_precision ?? "f32",
    // Only a square can be asked for; any other size is what the server chooses by itself.
    image_size: recipe.height === recipe.width ? String(recipe.height) : "",
    split: recipe.split ?? "",
    gradient_target: recipe.gradient_target,
    weights: typeof recipe.init === "string" ? "" : recipe.init.weights,
  };
}

function archaeologyLike(archaeology: Archaeology): Draft["archaeology"] {
  const { variant, neighbours, suites, pilot_epochs } = archaeology;
  const kept = { variant, neighbours, suites, pilot_epochs: pilot_epochs ?? null, custom: [] };
  return { suiteSize: String(archaeology.suite_size), kept };
}

function pieLike(pie: Pie): Draft["pie"] {
  const { begin, end, frequency, population, population_min, quantise } = pie;
  return {
    sparsities: pie.sparsities.join(", "),
    population: String(population),
    null: pie.null ? "yes" : "no",
    quantise,
    // Where it asks for all models, that goes on to mean all of another number.
    kept: { begin, end, frequency, ...(population_min < population && { population_min }) },
  };
}
