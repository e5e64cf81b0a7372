import type { FieldError, Problem } from "../api/types";

/** The fields of a request that the form of a new audit shows. */
export const SHOWN_FIELDS: readonly string[] = [
  "seed",
  "seeds",
  "archaeology.suite_size",
  "pie.sparsities",
  "pie.population",
  "pie.null",
  ...[
    "model",
    "epochs",
    "checkpoints",
    "batch_size",
    "lr",
    "weight_decay",
    "augment",
    "precision",
    "sweep_precision",
    "image_size",
    "split",
    "gradient_target",
    "init",
  ].map((field) => `recipe.${field}`),
];

/** What is wrong with a field or an element of it, in one sentence; null where nothing is. */
export function errorAt(errors: readonly FieldError[], field: string): string | null {
  const found = errors.filter((error) => concerns(error, field));
  return found.length === 0 ? null : found.map((error) => error.detail).join("; ");
}

/** Whether any of the errors stands below this part of a request. */
export function anyBelow(errors: readonly FieldError[], part: string): boolean {
  return errors.some((error) => error.field === part || error.field.startsWith(`${part}.`));
}

/** Whether every part of a problem has its place at one of these fields. */
export function isPlaced(problem: Problem, fields: readonly string[]): boolean {
  const errors = problem.errors ?? [];
  return (
    errors.length > 0 && errors.every((error) => fields.some((field) => concerns(error, field)))
  );
}

function concerns(error: FieldError, field: string): boolean {
  return (
    error.field === field ||
    error.field.startsWith(`${field}[`) ||
    error.field.startsWith(`${field}.`)
  );
}
