import type { Page } from "@playwright/test";
import { LONG_NAMES, longNamesZip } from "../support/images";
import { tiles } from "../support/reading";
import { expect, finishedAudit, test, upload } from "../support/test";

const [ARABIC, CHINESE, GERMAN] = LONG_NAMES;
const PHONE = { width: 390, height: 800 };

/** How much wider what is laid out is than the room it has beside the scroll bar. */
const excess = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.body.clientWidth);

test("long names, wide ones and those read from the right fit a phone, and can be typed", async ({
  page,
  server,
  api,
}) => {
  await page.setViewportSize(PHONE);
  const name = `${"مجموعة-数据集".repeat(6)}.zip`;
  const dataset = await upload(api, encodeURIComponent(name), longNamesZip());
  const recipe = { model: "cnn-s", epochs: 2, checkpoints: 2, batch_size: 8 };
  const audit = await finishedAudit(api, dataset, recipe);

  for (const address of ["/", `/datasets/${dataset}`, `/new?dataset=${dataset}`]) {
    await page.goto(`${server.url}${address}`);
    await expect(page.getByText(name).first()).toBeVisible();
    expect(await excess(page), address).toBe(0);
  }
  for (const tab of ["training", "groups"]) {
    await page.goto(`${server.url}/audits/${audit}?tab=${tab}`);
    await expect(page.getByRole("heading", { name })).toBeVisible();
    expect(await excess(page), tab).toBe(0);
  }

  await page.goto(`${server.url}/audits/${audit}`);
  const arabic = tiles(page).filter({ hasText: ARABIC }).first().locator(".tile__name");
  await expect(arabic).toHaveCSS("direction", "rtl");
  expect(await excess(page)).toBe(0);
  for (const label of [ARABIC, CHINESE, GERMAN]) {
    await page.goto(`${server.url}/audits/${audit}?label=${encodeURIComponent(label ?? "")}`);
    await tiles(page).first().click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText(label ?? "");
    expect(await excess(page), label).toBe(0);
  }
  await page.getByRole("combobox", { name: /^Class/ }).fill("小猫");
  await expect(page.getByText(`Enter: ${CHINESE}`)).toBeVisible();
  expect(await excess(page)).toBe(0);
});

test("of ten thousand classes one is found by typing", async ({ page, server, audit }) => {
  // Training on so many would take long, and what is tried here is how the page takes their names.
  await page.route("**/v1/datasets/*", async (route) => {
    const answer = await route.fetch();
    const dataset = await answer.json();
    const others = Array.from({ length: 9_997 }, (_, at) => `class ${at}`);
    await route.fulfill({
      response: answer,
      json: { ...dataset, class_names: [...dataset.class_names, ...others] },
    });
  });
  await page.setViewportSize(PHONE);
  await page.goto(`${server.url}/audits/${audit}`);
  await page.getByText("Filters and order").click();
  const field = page.getByRole("combobox", { name: "Class" });
  await expect(field).toHaveAttribute("placeholder", "All 10,000 classes");
  await field.fill("class");
  await expect(page.getByText("9,997 classes fit")).toBeVisible();
  await expect(page.locator("datalist option")).toHaveCount(20);
  await field.fill("dis");
  await field.press("Enter");
  await expect(page).toHaveURL(/\?label=disc$/);
  await expect(field).toHaveValue("disc");
  await expect(page.getByRole("main")).toContainText(/67 of \d+ examples/);
  await field.fill("");
  await field.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/audits/${audit}$`));
  expect(await excess(page)).toBe(0);
});
