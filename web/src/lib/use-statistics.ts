import { api, unwrap } from "../api/client";
import type { Statistics } from "../api/types";
import { type Resource, useResource } from "./resource";
import { hasLevels, hasWindows, scoringKey, type View } from "./url";

/** How the scores of a view are distributed, whatever its filters. */
export function useStatistics(audit: string, view: View): Resource<Statistics> {
  const { signal, window, variant, level, population, grouping } = view;
  const query = {
    signal,
    population,
    grouping,
    ...(hasWindows(signal) && { window, variant }),
    ...(hasLevels(signal) && level !== null && { level }),
  };
  return useResource(`statistics of ${audit} ${signal} ${scoringKey(view)}`, () =>
    unwrap(api.GET("/v1/audits/{id}/statistics", { params: { path: { id: audit }, query } })),
  );
}
