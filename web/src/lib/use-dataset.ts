import { useState } from "preact/hooks";
import { api, unwrap } from "../api/client";
import type { Dataset } from "../api/types";
import { type Resource, useResource } from "./resource";

const POLL_MS = 2_000;

/** A dataset that is looked at again while it is being validated. */
export function useDataset(id: string): Resource<Dataset> {
  const [validating, setValidating] = useState(true);
  return useResource(
    id,
    async () => {
      const found = await unwrap(api.GET("/v1/datasets/{id}", { params: { path: { id } } }));
      setValidating(found.state === "validating");
      return found;
    },
    validating ? POLL_MS : null,
  );
}
