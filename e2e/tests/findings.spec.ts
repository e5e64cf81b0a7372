import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { get, indices, tiles } from "../support/reading";
import { expectAccessible } from "../support/screen";
import { expect, finishedAudit, test } from "../support/test";

const RECIPE = { model: "cnn-s", epochs: 3, checkpoints: 2, lr: 0.05 };

/** What a link or a button lets the browser save. */
async function saved(page: Page, click: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return readFile(await download.path(), "utf8");
}

/** Rows of a CSV without quoted cells. */
const rows = (csv: string) =>
  csv
    .trimEnd()
    .split("\r\n")
    .slice(1)
    .map((row) => row.split(","));

test("decisions go out again, the same on the page, in the API and in the files", async ({
  page,
  server,
  api,
  dataset,
}) => {
  test.setTimeout(180_000);
  const id = await finishedAudit(api, dataset, RECIPE);
  const ranking = await get(api, `/v1/audits/${id}/examples?signal=label_issue&limit=3`);
  const { class_names: classes, facts } = await get(api, `/v1/datasets/${dataset}`);
  const [first, second, third] = ranking.items;
  const other = classes.find((name: string) => name !== first.label);
  for (const data of [
    { reviewer: "Ada", decision: "relabel", label: other, examples: [first.index] },
    { reviewer: "Ada", decision: "exclude", examples: [second.index] },
    { reviewer: "Ada", decision: "keep", examples: [third.index] },
  ])
    expect((await api.post(`/v1/audits/${id}/decisions`, { data })).status()).toBe(201);

  await page.goto(`${server.url}/audits/${id}?standing=relabel,exclude`);
  await expect(tiles(page)).toHaveCount(2);
  await page.getByText("Labels and other tools").click();
  const link = (name: string) => page.getByRole("link", { name, exact: true });

  await test.step("the cleaned labels", async () => {
    const labels = rows(await saved(page, () => link("Cleaned labels").click()));
    expect(labels).toHaveLength(facts.examples - 1);
    expect(labels.map(([path]) => path)).not.toContain(second.key);
    const changed = labels.filter((row) => row.includes("relabel"));
    expect(changed.map(([path, label]) => [path, label])).toEqual([[first.key, other]]);
  });

  await test.step("the moves between folders", async () => {
    const button = page.getByRole("button", { name: "Folder moves" });
    const script = await saved(page, () => button.click());
    const moves = script.split("\n").filter((line) => line.startsWith("move '"));
    expect(moves).toEqual([
      `move './${first.key}' './${first.key.replace(first.label, other)}'`,
      `move './${second.key}' "$excluded"/'${second.key}'`,
    ]);
  });

  await test.step("the forms of other tools, filtered as the page is", async () => {
    const cleanlab = rows(await saved(page, () => link("cleanlab").click()));
    expect(cleanlab.map(([index]) => Number(index))).toEqual([first.index, second.index]);
    const tasks = JSON.parse(await saved(page, () => link("Label Studio").click()));
    expect(tasks.map((task: { data: { index: number } }) => task.data.index)).toEqual([
      first.index,
      second.index,
    ]);
  });
});

test("a part of the scores, or of the data map, filters the ranking", async ({
  page,
  server,
  api,
  audit,
}) => {
  await page.goto(`${server.url}/audits/${audit}?signal=confidence`);
  const { total } = await get(api, `/v1/audits/${audit}/examples?signal=confidence`);

  await test.step("dragged over the bars", async () => {
    await page.getByText("Distribution of the scores").click();
    const plot = page.locator(".score-histogram__plot");
    // What stands above it moves it when it comes.
    await expect(tiles(page).first()).toBeVisible();
    await expect(page.getByText("Confidence: ")).toBeVisible();
    await expect(plot.locator(".score-histogram__bar")).not.toHaveCount(0);
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    if (!box) throw new Error("the bars are not shown");
    await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await expect(page).toHaveURL(/min=.*max=/);
    const query = new URL(page.url()).searchParams;
    const found = await get(api, `/v1/audits/${audit}/examples?${query}`);
    expect(found.matching).toBeLessThan(total);
    await expect(
      page.getByText(`${found.matching} of ${total} examples`, { exact: true }),
    ).toBeVisible();
    await page.getByLabel("Score to").fill("");
    await page.getByLabel("Score to").press("Enter");
    await expect(page).not.toHaveURL(/max=/);
    await page.getByRole("link", { name: /score from/ }).click();
    await expect(page).not.toHaveURL(/min=/);
  });

  await test.step("chosen by class", async () => {
    const { classes } = await get(api, `/v1/audits/${audit}/statistics?signal=confidence`);
    await page.getByText("Scores by class").click();
    const table = page.getByRole("region", { name: "Scores by class" });
    await expect(table.getByRole("row")).toHaveCount(classes.length + 1);
    // Low confidence is hard.
    const [hardest] = classes.sort((a: { mean: number }, b: { mean: number }) => a.mean - b.mean);
    const first = table.getByRole("row").nth(1);
    await expect(first).toContainText(hardest.label);
    await first.getByRole("link").click();
    await expect(
      page.getByText(`${hardest.examples} of ${total} examples`, { exact: true }),
    ).toBeVisible();
    await page.getByRole("combobox", { name: "Class", exact: true }).selectOption("All classes");
    await expect(page).not.toHaveURL(/label=/);
  });

  await test.step("dragged over the map, and by keys", async () => {
    await page.getByText("Data map").click();
    const field = page.locator(".data-map__field");
    await expect(page.getByRole("img", { name: /Variability from/ })).toBeVisible();
    await field.scrollIntoViewIfNeeded();
    const box = await field.boundingBox();
    if (!box) throw new Error("the map is not shown");
    await page.mouse.move(box.x + box.width * 0.1, box.y + box.height * 0.95);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.4, { steps: 4 });
    await page.mouse.up();
    await expect(page).toHaveURL(/within=variability/);
    await page.getByLabel("Confidence from").fill("0");
    await page.getByLabel("Confidence from").press("Enter");
    await expect(page).toHaveURL(/confidence%3A0\.\./);
    const found = await get(
      api,
      `/v1/audits/${audit}/examples?limit=500&${new URL(page.url()).searchParams}`,
    );
    const inside: number[] = found.items.map((item: { index: number }) => item.index);
    expect(inside.length).toBeLessThan(total);
    await expect(page.getByText(`${found.matching} of ${total} examples`)).toBeVisible();
    // The grid holds those in sight, in the ranking's order.
    await expect
      .poll(async () => {
        const shown = await indices(page);
        const start = inside.indexOf(shown[0] ?? -1);
        return start >= 0 && shown.every((index, at) => index === inside[start + at]);
      })
      .toBe(true);
    await page.getByRole("button", { name: "Show all" }).click();
    await expect(page).not.toHaveURL(/within/);
  });
});

test("two audits stand beside each other", async ({ page, server, api, dataset, audit }) => {
  test.setTimeout(180_000);
  const id = await finishedAudit(api, dataset, { ...RECIPE, lr: 0.01 });
  await page.goto(`${server.url}/audits/${id}`);
  await page.getByRole("link", { name: "Compare" }).click();
  await page.getByRole("combobox", { name: "With" }).selectOption(audit);
  await page.getByRole("combobox", { name: "The hardest" }).selectOption("20");
  const compared = await get(api, `/v1/audits/${id}/compare/${audit}?signal=label_issue&top=20`);
  await expect(page.getByText("Rank correlation").first()).toBeVisible();
  await expect(page.getByText(`${compared.shared} of the hardest 20 are the same`)).toBeVisible();
  const entered = page.getByRole("region", { name: /Entered the hardest 20/ });
  await expect(entered.getByRole("row")).toHaveCount(compared.entered.length + 1);
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByRole("combobox", { name: "With" })).toHaveValue(audit);
});
