import type { EstimatedAudit } from "../api/types";
import type { RecipeField } from "./draft";

/** What the server would train, in the words of the form's fields; nothing while that is unknown. */
export function resolvedRecipe(
  recipe: EstimatedAudit["recipe"] | null,
): Partial<Record<RecipeField, string>> {
  if (!recipe) return {};
  const { height, width, checkpoints } = recipe;
  return {
    model: recipe.model,
    epochs: String(recipe.epochs),
    checkpoints: checkpoints.length > 0 ? checkpoints.join(", ") : "none",
    batch_size: String(recipe.batch_size),
    lr: String(recipe.lr),
    weight_decay: String(recipe.weight_decay),
    augment: recipe.augment,
    precision: recipe.precision,
    sweep_precision: recipe.sweep_precision ?? "f32",
    image_size: height === width ? String(height) : `${width}×${height}`,
    split: recipe.split ?? "everything",
    gradient_target: recipe.gradient_target,
  };
}
