import { type APIRequestContext, expect, type Page } from "@playwright/test";

/** The tiles of the grid. */
export const tiles = (page: Page) => page.getByRole("list", { name: "Examples" }).getByRole("link");

/** Indices of the examples that the grid shows, in its order. */
export async function indices(page: Page): Promise<number[]> {
  return tiles(page).evaluateAll((links: HTMLElement[]) =>
    links.map((link) => Number(link.dataset.index)),
  );
}

/** A link that signs one browser in, as `unearth login` prints it. */
export async function loginLink(api: APIRequestContext, address: string): Promise<string> {
  const answer = await api.post("/v1/login-codes");
  expect(answer.status(), await answer.text()).toBe(201);
  return `${address}/login?code=${(await answer.json()).code}`;
}

/** What the API answers. */
export async function get(api: APIRequestContext, path: string) {
  const answer = await api.get(path);
  expect(answer.status(), await answer.text()).toBe(200);
  return answer.json();
}
