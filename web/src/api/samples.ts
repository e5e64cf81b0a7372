import { api, unwrap } from "./client";
import type { OpenExample, Sample, SignalName } from "./types";

/** The samples of an audit, the latest first. */
export async function samplesOf(audit: string): Promise<Sample[]> {
  const params = { path: { id: audit } };
  return (await unwrap(api.GET("/v1/audits/{id}/samples", { params }))).items;
}

/** A sample and what is estimated from it. */
export function sampleOf(audit: string, sample: string): Promise<Sample> {
  return unwrap(
    api.GET("/v1/audits/{id}/samples/{sample}", { params: { path: { id: audit, sample } } }),
  );
}

/** Draws a sample of a ranking. */
export function draw(
  audit: string,
  signal: SignalName,
  wanted: { examples: number; by_group: boolean },
): Promise<Sample> {
  const params = { path: { id: audit }, query: { signal } };
  const body = { ...wanted, edges: null, seed: null };
  return unwrap(api.POST("/v1/audits/{id}/samples", { params, body }));
}

/** The next ones that nobody has decided on in the sample, in its order. */
export async function openOf(audit: string, sample: string, limit: number): Promise<OpenExample[]> {
  const params = { path: { id: audit, sample }, query: { limit } };
  return (await unwrap(api.GET("/v1/audits/{id}/samples/{sample}/open", { params }))).items;
}
