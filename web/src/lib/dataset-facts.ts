import type { Dataset } from "../api/types";
import { bytes, count, counted } from "./format";

/** What is in a dataset, in one line. */
export function datasetFacts(dataset: Dataset): string {
  if (!dataset.facts) return bytes(dataset.upload_bytes);
  const { examples, classes, width, height, channels, splits, modality } = dataset.facts;
  return [
    counted(examples, "example"),
    classes > 0 ? counted(classes, "class", "classes") : "no labels",
    ...(modality === "image"
      ? [`${width}×${height} px`, channels === 1 ? "grey" : "colour"]
      : [modality === "text" ? "texts" : "keys alone"]),
    ...splits.map((split) => `${split.name} ${count(split.examples)}`),
    bytes(dataset.upload_bytes),
  ].join(" · ");
}
