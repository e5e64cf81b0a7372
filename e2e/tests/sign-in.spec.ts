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

test("a link with a wrong token leads to the token form", async ({ stranger, server }) => {
  await stranger.goto(`${server.url}/login?token=wrong`);
  await expect(stranger.getByText("token is not valid")).toBeVisible();
  await expect(stranger.getByLabel("Token")).toBeFocused();
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
