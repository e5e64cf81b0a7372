import { CLASSES, EXAMPLES } from "../support/images";
import { expect, test } from "../support/test";

test("audits and datasets are listed with their state in words", async ({
  page,
  server,
  audit,
}) => {
  await page.goto(server.url);
  const row = page
    .getByRole("listitem")
    .filter({ has: page.locator(`a[href="/audits/${audit}"]`) });
  await expect(row).toContainText("Finished in");
  await expect(row).toContainText("cnn-s, 3 epochs, 3 checkpoints");
  await row.getByRole("link").click();
  await expect(page).toHaveURL(`${server.url}/audits/${audit}`);
});

test("a dataset tells what was found in it", async ({ page, server, dataset }) => {
  await page.goto(`${server.url}/datasets/${dataset}`);
  const main = page.getByRole("main");
  await expect(main).toContainText("Ready");
  await expect(main).toContainText(`${EXAMPLES} examples · ${CLASSES.length} classes · 16×16 px`);
  const first = main.locator(".pixels img").first();
  await expect.poll(() => first.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(16);
});

test("an unknown audit and an unknown place say so", async ({ page, server }) => {
  await page.goto(`${server.url}/audits/00000000-0000-4000-8000-000000000000`);
  await expect(page.getByRole("alert")).toContainText("There is no such audit");
  await page.goto(`${server.url}/nowhere`);
  await expect(page.getByRole("main")).toContainText("There is no such page");
});
