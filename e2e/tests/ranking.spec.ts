import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { EXAMPLES, PER_CLASS } from "../support/images";
import { indices, tiles } from "../support/reading";
import { expect, test } from "../support/test";

test.beforeEach(async ({ page, server, audit }) => {
  await page.goto(`${server.url}/audits/${audit}`);
  await expect(tiles(page).first()).toBeVisible();
});

test("the grid shows the hardest first, and all of them as one goes down", async ({ page }) => {
  await expect(page.getByRole("link", { name: /Probable wrong labels/ })).toHaveAttribute(
    "aria-current",
    "true",
  );
  await expect(page.getByRole("main")).toContainText(`${EXAMPLES} examples`);
  const first = await rows(page);
  expect(first.slice(0, 3).map((row) => row.rank)).toEqual([1, 2, 3]);
  const values = first.map((row) => row.value);
  expect(values).toEqual([...values].sort((a, b) => b - a));

  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 4_000);
      return tiles(page).count();
    })
    .toBe(EXAMPLES);
  expect(new Set(await indices(page)).size).toBe(EXAMPLES);
});

test("images are shown at a whole multiple of their size", async ({ page }) => {
  const image = tiles(page).first().locator("img");
  await expect.poll(() => image.evaluate((img: HTMLImageElement) => img.complete)).toBe(true);
  const [shown, native] = await image.evaluate((img: HTMLImageElement) => [
    img.getBoundingClientRect().width,
    img.naturalWidth,
  ]);
  expect(native).toBe(16);
  expect((shown ?? 0) % 16).toBe(0);
  expect(shown).toBeGreaterThan(16);
});

test("a phone shows three tiles in a row", async ({ page }) => {
  for (const width of [360, 390]) {
    await page.setViewportSize({ width, height: 800 });
    await expect.poll(() => firstRow(page)).toBe(3);
  }
});

test("signal, window, class and order change the grid and the address, and a reload keeps them", async ({
  page,
}) => {
  const byLoss = await indices(page);
  await page.getByRole("link", { name: /Hardest examples/ }).click();
  await expect(page).toHaveURL(/\?signal=vog$/);
  await expect(page.getByText("Variance of Gradients: ")).toBeVisible();
  await expect.poll(() => indices(page)).not.toEqual(byLoss);

  // With three checkpoints every window covers them all; the address and the header still tell.
  await page.getByRole("link", { name: "Late", exact: true }).click();
  await expect(page).toHaveURL(/\?signal=vog&window=late$/);
  await expect(page.getByRole("link", { name: "Late", exact: true })).toHaveAttribute(
    "aria-current",
    "true",
  );

  await page.getByLabel("Class").selectOption("wide stripes");
  await expect(page).toHaveURL(/label=wide\+stripes/);
  await expect(page.getByRole("main")).toContainText(`${PER_CLASS} of ${EXAMPLES} examples`);
  await expect
    .poll(async () => new Set((await rows(page)).map((row) => row.label)))
    .toEqual(new Set(["wide stripes"]));

  await page.getByLabel("Order").selectOption("Easiest first");
  await expect(page).toHaveURL(/order=easiest/);
  await expect
    .poll(async () => {
      const ranks = (await rows(page)).map((row) => row.rank);
      return ranks.length > 1 && ranks.every((rank, at) => at === 0 || rank < (ranks[at - 1] ?? 0));
    })
    .toBe(true);

  const before = await indices(page);
  await page.reload();
  await expect(page.getByLabel("Class")).toHaveValue("=wide stripes");
  await expect(page.getByLabel("Order")).toHaveValue("easiest");
  await expect.poll(() => indices(page)).toEqual(before);

  await page.goBack();
  await expect(page).not.toHaveURL(/order=easiest/);
  await expect(page.getByLabel("Order")).toHaveValue("hardest");
});

test("checkpoints that nobody scored are scored on demand, without training again", async ({
  page,
  server,
  audit,
}) => {
  const address = (query: string) => `${server.url}/audits/${audit}?${query}`;
  await page.goto(address("signal=vog"));
  await expect(tiles(page).first()).toBeVisible();
  const overAll = await indices(page);

  await page.goto(address("signal=vog&window=0-1"));
  await page.getByRole("button", { name: "Score them" }).click();
  await expect(tiles(page).first()).toBeVisible();
  await page.getByText("Variance of Gradients: ").click();
  await expect(page.getByText("after epochs 1, 2")).toBeVisible();
  expect(await indices(page)).not.toEqual(overAll);
});

test("a score says what it means", async ({ page }) => {
  await page.getByLabel("Other signals").selectOption("Final loss");
  await expect(page).toHaveURL(/\?signal=final_loss$/);
  await page.getByText("Final loss: ").click();
  await expect(page.getByText("-ln p(given label) after the last epoch")).toBeVisible();
  await expect(
    tiles(page)
      .first()
      .getByTitle(/nats.*high is harder/),
  ).toBeVisible();
});

test("files have a row for every example of the filter, in the grid's order", async ({ page }) => {
  const all = await csvRows(page);
  expect(all).toHaveLength(EXAMPLES);
  const [first] = await rows(page);
  expect(all[0]?.slice(0, 2)).toEqual(["1", String(first?.index)]);

  await page.getByLabel("Class").selectOption("disc");
  await expect(page).toHaveURL(/label=disc/);
  await expect.poll(async () => (await rows(page))[0]?.label).toBe("disc");
  const discs = await csvRows(page);
  expect(discs).toHaveLength(PER_CLASS);
  expect(discs[0]?.[1]).toBe(String((await rows(page))[0]?.index));

  const lines = (await download(page, "JSON Lines")).toString("utf8").trimEnd().split("\n");
  expect(lines.map((line) => String(JSON.parse(line).index))).toEqual(discs.map((row) => row[1]));
  const parquet = await download(page, "Parquet");
  expect([0, -4].map((at) => parquet.subarray(at).toString("latin1", 0, 4))).toEqual([
    "PAR1",
    "PAR1",
  ]);
});

test("a subset filters grid and files, and says its rule", async ({ page }) => {
  const choice = page.getByLabel("Subset");
  await choice.selectOption({ value: "label_issues" });
  await expect(page).toHaveURL(/subset=label_issues/);
  await expect(page.getByText("the top 5 % of label_issue", { exact: true })).toBeVisible();
  const listed = await choice.locator("option[value=label_issues]").textContent();
  const count = Number(/\((\d+)\)/.exec(listed ?? "")?.[1]);
  expect(count).toBeGreaterThan(0);
  await expect(page.getByRole("main")).toContainText(`${count} of ${EXAMPLES} examples`);
  await expect.poll(() => tiles(page).count()).toBe(count);
  expect(await csvRows(page)).toHaveLength(count);

  await expect(choice.locator("option[value=typical]")).toBeDisabled();
  await expect(choice.locator("option[value=typical]")).toContainText("archaeology");
  await page.reload();
  await expect(choice).toHaveValue("label_issues");
});

test("a phone shows examples on its first screen", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(tiles(page).first()).toBeInViewport();
  await page.getByText("Filters and order").click();
  await page.getByLabel("Queue").selectOption("Decided");
  await expect(page).toHaveURL(/standing=decided/);
  await expect(page.getByText("Filters and order: 1 chosen")).toBeVisible();
  await expect(page.getByText("No example fits these filters.", { exact: false })).toBeVisible();
  const box = await page.getByRole("navigation", { name: "What to look for" }).boundingBox();
  expect(box?.height).toBeLessThan(130);
  await expect(page.getByLabel("Other signals").locator("option")).not.toHaveCount(1);
});

test("keys walk the grid and open an example", async ({ page, server, audit }) => {
  const order = await indices(page);
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowRight");
  await expect(tiles(page).nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(tiles(page).nth(0)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${server.url}/audits/${audit}/examples/${order[0]}`);

  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page).toHaveURL(/examples/);
});

/** The tiles as a screen reader says them. */
async function rows(page: Page) {
  const shown = await tiles(page).evaluateAll((links: HTMLElement[]) =>
    links.map((link) => ({ index: Number(link.dataset.index), text: link.textContent ?? "" })),
  );
  return shown.map(({ index, text }) => {
    const [, label, rank, value] = /given label (.*)rank ([\d,]+)score (.+)/.exec(text) ?? [];
    return {
      index,
      label,
      rank: Number(rank?.replaceAll(",", "")),
      value: Number(value?.replaceAll("−", "-").replaceAll(",", "")),
    };
  });
}

/** How many tiles stand in the first row. */
async function firstRow(page: Page): Promise<number> {
  const tops = await tiles(page).evaluateAll((links) =>
    links.map((link) => link.getBoundingClientRect().top),
  );
  return tops.filter((top) => top === tops[0]).length;
}

/** The file behind a link. */
async function download(page: Page, format: string): Promise<Buffer> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: `Download as ${format}` }).click(),
  ]);
  return readFileSync(await file.path());
}

/** Rows of the CSV behind the link, without the header, as cells. No key here needs quotes. */
async function csvRows(page: Page): Promise<string[][]> {
  const file = await download(page, "CSV");
  const [header, ...lines] = file.toString("utf8").trimEnd().split(/\r?\n/);
  expect(header).toContain("rank,index,key,label");
  return lines.map((line) => line.split(","));
}
