import { api, unwrap } from "../api/client";
import type { CategoryReport } from "../api/types";
import { type Resource, useResource } from "./resource";

const NONE: CategoryReport[] = [];

/** The categories that an audit's probes tell apart; none where it has no archaeology. */
export function useCategories(id: string, hasArchaeology: boolean): Resource<CategoryReport[]> {
  return useResource(`${hasArchaeology ? "categories" : "no categories"} of ${id}`, async () => {
    if (!hasArchaeology) return NONE;
    const params = { params: { path: { id } } };
    const { report } = await unwrap(api.GET("/v1/audits/{id}/archaeology", params));
    return report?.categories ?? NONE;
  });
}
