import type { Gradient } from "../api/types";

/** The map at the position of a checkpoint; the last one where it is not a position. */
export function mapAt(maps: readonly Gradient[], checkpoint: number): Gradient | undefined {
  return maps.find((map) => map.checkpoint === checkpoint) ?? maps.at(-1);
}

export function nameOf(map: Gradient): string {
  return `Gradient after epoch ${map.epoch}`;
}

/** One pixel of the picture per pixel of the map, so that it lines up with the image. */
export function nativeSize(map: Gradient): string {
  return `${map.url}?scale=1`;
}

/** The address of this page with this map shown large. */
export function hrefOf(map: Gradient): string {
  const url = new URL(location.href);
  url.searchParams.set("checkpoint", String(map.checkpoint));
  return url.pathname + url.search;
}
