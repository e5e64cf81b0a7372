import { api, unwrap } from "../api/client";
import { useResource } from "./resource";

const NONE: string[] = [];

/** The class names of an audit's dataset; none until they are there. */
export function useClasses(id: string): string[] {
  const found = useResource(`classes of ${id}`, async () => {
    const audit = await unwrap(api.GET("/v1/audits/{id}", { params: { path: { id } } }));
    const params = { path: { id: audit.dataset_id } };
    const dataset = await unwrap(api.GET("/v1/datasets/{id}", { params }));
    return dataset.class_names ?? NONE;
  });
  return found.data ?? NONE;
}
