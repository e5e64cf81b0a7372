import { get, loginLink } from "../support/reading";
import { expect, test } from "../support/test";

test("a stranger is asked for the token, and a wrong one is refused in words", async ({
  stranger,
  server,
}) => {
  await stranger.goto(server.url);
  await stranger.getByLabel("Token").fill("not-a-token");
  await stranger.getByRole("button", { name: "Open Unearth" }).click();
  const problem = stranger.getByRole("alert");
  await expect(problem).toContainText("token");

  await stranger.getByLabel("Token").fill(server.token);
  await stranger.getByRole("button", { name: "Open Unearth" }).click();
  await expect(stranger.getByLabel("Token")).toHaveCount(0);
  await expect(stranger.getByRole("heading", { level: 1 })).toBeVisible();
});

test("a link that was used leads to the token form", async ({ stranger, server }) => {
  await stranger.goto(`${server.url}/login?code=used`);
  await expect(stranger.getByText("That link was used before")).toBeVisible();
  await expect(stranger.getByLabel("Token")).toBeFocused();
});

test("a link is good for one browser, and leaves no secret in its address", async ({
  stranger,
  page,
  api,
  server,
}) => {
  const link = await loginLink(api, server.url);
  await stranger.goto(link);
  await expect(stranger.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(stranger.getByLabel("Token")).toHaveCount(0);
  expect(stranger.url()).toBe(`${server.url}/`);
  expect(await stranger.evaluate(() => document.cookie)).toBe("");
  await stranger.context().clearCookies();
  await stranger.goto(link);
  await expect(stranger.getByText("That link was used before")).toBeVisible();
  // Whoever is signed in already is let through.
  await page.goto(link);
  await expect(page.getByLabel("Token")).toHaveCount(0);
});

test("a viewer is told that deciding needs another token", async ({
  stranger,
  api,
  server,
  audit,
}) => {
  const made = await api.post("/v1/tokens", { data: { name: "guest", role: "viewer" } });
  await stranger.goto(`${server.url}/audits/${audit}/examples/0`);
  await stranger.getByLabel("Token").fill((await made.json()).token);
  await stranger.getByRole("button", { name: "Open Unearth" }).click();
  await expect(stranger.getByText("may only look")).toBeVisible();
  await expect(stranger.getByRole("button", { name: "Keep" })).toHaveCount(0);
  await stranger.keyboard.press("q");
  await expect(stranger.getByText("index 0")).toBeVisible();
  const review = await get(api, `/v1/audits/${audit}/review`);
  expect(review.reviewers).toEqual([]);
});

test("a page asked for by its address is shown after signing in", async ({
  stranger,
  server,
  dataset,
}) => {
  await stranger.goto(`${server.url}/datasets/${dataset}`);
  await stranger.getByLabel("Token").fill(server.token);
  await stranger.getByRole("button", { name: "Open Unearth" }).click();
  await expect(stranger.getByRole("heading", { name: "patterns.zip" })).toBeVisible();
});
