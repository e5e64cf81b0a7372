import { withQuery } from "./url";

/** The page's places. */
export type Route =
  | { name: "home" }
  | { name: "audit"; id: string }
  | { name: "example"; id: string; index: number }
  | { name: "sample"; id: string; sample: string }
  | { name: "dataset"; id: string }
  | { name: "new" }
  | { name: "unknown" };

export function parseRoute(path: string): Route {
  const [first, id, third, fourth, ...rest] = path.split("/").filter(Boolean);
  if (rest.length > 0) return { name: "unknown" };
  if (first === undefined) return { name: "home" };
  if (first === "new" && id === undefined) return { name: "new" };
  if (id === undefined) return { name: "unknown" };
  if (first === "datasets" && third === undefined) return { name: "dataset", id };
  if (first !== "audits") return { name: "unknown" };
  if (third === undefined) return { name: "audit", id };
  if (third === "examples" && fourth !== undefined && /^\d+$/.test(fourth))
    return { name: "example", id, index: Number(fourth) };
  if (third === "samples" && fourth !== undefined) return { name: "sample", id, sample: fourth };
  return { name: "unknown" };
}

export const auditPath = (id: string): string => `/audits/${id}`;
export const datasetPath = (id: string): string => `/datasets/${id}`;
export const examplePath = (id: string, index: number): string => `/audits/${id}/examples/${index}`;
export const samplePath = (id: string, sample: string): string => `/audits/${id}/samples/${sample}`;

/** Where an audit is put together: of a dataset, like another audit, or from nothing. */
export function newAuditPath(of: { dataset?: string; like?: string } = {}): string {
  return withQuery("/new", new URLSearchParams(of));
}
