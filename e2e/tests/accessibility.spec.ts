import type { Page } from "@playwright/test";
import { expectAccessible } from "../support/screen";
import { expect, finishedAudit, reaches, startAudit, test } from "../support/test";

/** Once it shows what it is there for: no fault that a machine finds, and what a screen reader is told. */
async function check(page: Page, name: string): Promise<void> {
  await expect(page.locator("body")).toMatchAriaSnapshot({ name: `${name}.aria.yml` });
  await expectAccessible(page);
}

test("the lists of audits and datasets", async ({ page, server, audit, dataset }) => {
  await page.goto(server.url);
  await expect(page.locator(`a[href$="${audit}"]`)).toBeVisible();
  await expect(page.locator(`a[href$="${dataset}"]`)).toBeVisible();
  await check(page, "home");
});

test("a dataset", async ({ page, server, dataset }) => {
  await page.goto(`${server.url}/datasets/${dataset}`);
  await expect(page.getByRole("heading", { name: "patterns.zip" })).toBeVisible();
  await check(page, "dataset");
});

test("the choice of a dataset for a new audit", async ({ page, server, dataset: _ }) => {
  await page.goto(`${server.url}/new`);
  await expect(page.getByRole("button", { name: /patterns\.zip/ })).toBeVisible();
  await check(page, "new-audit-dataset");
});

test("the choices of a new audit", async ({ page, server, dataset }) => {
  await page.goto(`${server.url}/new?dataset=${dataset}`);
  await expect(page.getByRole("button", { name: "Start" })).toBeEnabled();
  await page.locator("details").evaluateAll((all: HTMLDetailsElement[]) => {
    for (const details of all) details.open = true;
  });
  await check(page, "new-audit");
});

test("a training that runs", async ({ page, server, api, dataset }) => {
  const id = await startAudit(api, dataset, {
    model: "cnn-s",
    epochs: 1000,
    checkpoints: 3,
    batch_size: 64,
  });
  await page.goto(`${server.url}/audits/${id}`);
  await expect(page.getByRole("figure", { name: "Loss" })).toContainText(/epoch [1-9]/);
  await check(page, "training");
  await page.getByRole("button", { name: "Cancel" }).click();
  await reaches(api, `/v1/audits/${id}`, "cancelled");
  await expect(page.getByRole("button", { name: "Run again" })).toBeVisible();
  await check(page, "training-cancelled");
});

test("a ranking", async ({ page, server, grouped }) => {
  await page.goto(`${server.url}/audits/${grouped}`);
  await expect(page.getByRole("list", { name: "Examples" }).getByRole("link")).not.toHaveCount(0);
  await check(page, "ranking");
});

test("an example", async ({ page, server, grouped }) => {
  await page.goto(`${server.url}/audits/${grouped}/examples/0`);
  await expect(page.getByRole("img", { name: /Loss of this example/ })).toBeVisible();
  await check(page, "example");
});

test("an archaeology", async ({ page, server, grouped }) => {
  await page.goto(`${server.url}/audits/${grouped}?tab=archaeology`);
  await expect(page.getByRole("img", { name: /Mean loss of each category/ })).toBeVisible();
  await check(page, "archaeology");
});

test("groups side by side", async ({ page, server, grouped }) => {
  await page.goto(`${server.url}/audits/${grouped}?tab=groups`);
  await expect(page.getByRole("row", { name: /^north/ })).not.toHaveCount(0);
  await check(page, "groups");
});

test("populations of models side by side", async ({ page, server, api, dataset }) => {
  // Four trainings, one after the other.
  test.setTimeout(240_000);
  const recipe = { model: "cnn-s", epochs: 2, checkpoints: 2, batch_size: 128 };
  const pie = { sparsities: [0.5], population: 2 };
  const id = await finishedAudit(api, dataset, recipe, { pie });
  await page.goto(`${server.url}/audits/${id}?tab=compression`);
  await expect(page.getByRole("region", { name: "Populations side by side" })).toBeVisible();
  await check(page, "compression");
  await page.getByRole("link", { name: "Training" }).click();
  await expect(page.getByRole("toolbar", { name: "Trainings, one by one" })).toBeVisible();
  await check(page, "trainings");
});

test("signing in", async ({ stranger, server }) => {
  await stranger.goto(server.url);
  await expect(stranger.getByLabel("Token")).toBeFocused();
  await check(stranger, "sign-in");
});

test("a page that is not there", async ({ page, server }) => {
  await page.goto(`${server.url}/nowhere`);
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  await check(page, "unknown");
});
