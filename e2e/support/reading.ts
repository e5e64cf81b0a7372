import { type APIRequestContext, expect, type Page } from "@playwright/test";

/** The tiles of the grid. */
export const tiles = (page: Page) => page.getByRole("list", { name: "Examples" }).getByRole("link");

/** Indices of the examples that the grid shows, in its order. */
export async function indices(page: Page): Promise<number[]> {
  return tiles(page).evaluateAll((links: HTMLElement[]) =>
    links.map((link) => Number(link.dataset.index)),
  );
}

/** What the API answers. */
export async function get(api: APIRequestContext, path: string) {
  const answer = await api.get(path);
  expect(answer.status(), await answer.text()).toBe(200);
  return answer.json();
}
