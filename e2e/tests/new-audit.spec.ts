import { EXAMPLES, imageFolderZip } from "../support/images";
import { get } from "../support/reading";
import { expect, test } from "../support/test";

test("a file is sent, validated and audited by the quick preset, and one click too many starts one", async ({
  page,
  server,
  api,
}) => {
  await page.goto(server.url);
  await page.getByRole("link", { name: "New audit" }).click();
  await expect(page).toHaveURL(`${server.url}/new`);

  await page.getByLabel("Choose a file").setInputFiles({
    name: "sent by hand.zip",
    mimeType: "application/zip",
    buffer: Buffer.from(imageFolderZip(3)),
  });
  const main = page.getByRole("main");
  await expect(main).toContainText(`${EXAMPLES} examples`, { timeout: 60_000 });
  await expect(main).toContainText("Ready");
  await expect(page).toHaveURL(/\/new\?dataset=/);

  const time = page.getByRole("definition").first();
  await expect(time).toContainText("about");
  await page.getByRole("radio", { name: /^Quick/ }).check();
  await page.getByText("Recipe in detail").click();
  await expect(page.getByLabel("Epochs", { exact: true })).toHaveValue(/^\d+$/);
  await expect(page.getByLabel("Checkpoints", { exact: true })).toHaveValue("3");

  await page.getByLabel("Epochs", { exact: true }).fill("0");
  await expect(page.getByLabel("Epochs", { exact: true })).toHaveAccessibleDescription(
    /Must be 1 to 10000/,
  );
  const start = page.getByRole("button", { name: "Start the audit" });
  await expect(start).toBeDisabled();
  await page.getByLabel("Epochs", { exact: true }).fill("4");
  await expect(start).toBeEnabled();
  await expect(time).toContainText("about");

  await start.dblclick();
  await expect(page).toHaveURL(/\/audits\/[0-9a-f-]+$/);
  const id = page.url().split("/").at(-1) ?? "";
  const audit = await get(api, `/v1/audits/${id}`);
  expect(audit.recipe).toMatchObject({ epochs: 4, model: "cnn-s" });
  expect(audit.recipe.checkpoints).toHaveLength(3);
  const { items } = await get(api, `/v1/audits?dataset_id=${audit.dataset_id}`);
  expect(items).toHaveLength(1);
});

test("an upload can be cancelled, and another file chosen", async ({ page, server }) => {
  await page.goto(`${server.url}/new`);
  // An answer that never comes.
  await page.route("**/v1/datasets?name=*", () => {});
  await page.getByLabel("Choose a file").setInputFiles({
    name: "slow.zip",
    mimeType: "application/zip",
    buffer: Buffer.from(imageFolderZip()),
  });
  await expect(page.getByRole("progressbar", { name: "Upload of slow.zip" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel upload" }).press("Enter");
  await expect(page.getByLabel("Choose a file")).toBeAttached();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a dataset that is there is found by a part of its name", async ({
  page,
  server,
  dataset,
}) => {
  await page.goto(`${server.url}/new`);
  await page.getByLabel("Find a dataset").fill("PATTERNS");
  await page
    .getByRole("list", { name: "Datasets" })
    .getByRole("button", { name: /patterns\.zip/ })
    .first()
    .press("Enter");
  await expect(page).toHaveURL(`${server.url}/new?dataset=${dataset}`);
  await expect(page.getByRole("button", { name: "Start the audit" })).toBeVisible();
});

test("an audit with changes has the values of the one before", async ({ page, server, audit }) => {
  await page.goto(`${server.url}/audits/${audit}`);
  await page.getByRole("link", { name: "Run with changes" }).click();
  await expect(page).toHaveURL(`${server.url}/new?like=${audit}`);
  await expect(page.getByRole("radio", { name: /Your own/ })).toBeChecked();
  await expect(page.getByLabel("Model", { exact: true })).toHaveValue("cnn-s");
  await expect(page.getByLabel("Epochs", { exact: true })).toHaveValue("3");
  await expect(page.getByLabel("Checkpoints", { exact: true })).toHaveValue("1, 2, 3");
  await expect(page.getByRole("definition").first()).toContainText("about");
});

test("a file that is no dataset is refused with what to do", async ({ page, server }) => {
  await page.goto(`${server.url}/new`);
  await page.getByLabel("Choose a file").setInputFiles({
    name: "broken.zip",
    mimeType: "application/zip",
    buffer: Buffer.from("PK\u0003\u0004 that is all there is"),
  });
  const alert = page.getByRole("alert");
  await expect(alert).toBeVisible({ timeout: 60_000 });
  await expect(alert.getByRole("heading")).not.toBeEmpty();
  await expect(alert.locator(".problem-note__hint")).not.toBeEmpty();
  await page.getByRole("button", { name: "Choose another" }).click();
  await expect(page.getByLabel("Choose a file")).toBeAttached();
});
