import type { Page } from "@playwright/test";
import { get } from "../support/reading";
import { expectAccessible } from "../support/screen";
import { expect, finishedAudit, test } from "../support/test";

const RECIPE = { model: "cnn-s", epochs: 3, checkpoints: 2, lr: 0.02 };

const place = (page: Page) => page.getByRole("navigation", { name: "Sample" });

test("a sample drawn, reviewed with keys and undone says how many labels are wrong", async ({
  page,
  server,
  api,
  dataset,
}) => {
  test.setTimeout(180_000);
  const id = await finishedAudit(api, dataset, RECIPE);
  const samples = async () => (await get(api, `/v1/audits/${id}/samples`)).items;

  await test.step("nothing is drawn yet", async () => {
    await page.goto(`${server.url}/audits/${id}`);
    await page.getByRole("link", { name: "How many are wrong?" }).first().click();
    await expect(page.getByRole("heading", { name: "Draw a sample" })).toBeVisible();
    await expectAccessible(page);
    await page.getByLabel("Examples", { exact: true }).fill("many");
    await expect(page.getByText("this is a whole number above 0", { exact: false })).toBeVisible();
    await expect(page.getByRole("button", { name: "Draw and review" })).toBeDisabled();
    await page.getByLabel("Examples", { exact: true }).fill("24");
    await page.getByRole("button", { name: "Draw and review" }).click();
    await expect(page).toHaveURL(/\/samples\//);
  });
  const [{ id: sample, examples }] = await samples();
  const open = (limit = 200) =>
    get(api, `/v1/audits/${id}/samples/${sample}/open?limit=${limit}`).then(({ items }) => items);
  const order: number[] = (await open()).map(({ index }: { index: number }) => index);

  await test.step("neither suggestion nor score is told", async () => {
    await expect(place(page)).toContainText(`1 of ${examples}`);
    await expect(page.getByRole("img", { name: "Example 1 of the sample" })).toBeVisible();
    await expect(page.getByRole("main")).not.toContainText(/Suggested|Model says|percentile/i);
    await expect(page.getByRole("button", { name: /^Take/ })).toHaveCount(0);
    await expectAccessible(page);
    await page.keyboard.press("w");
    await expect(place(page)).toContainText(`1 of ${examples}`);
    await page.getByLabel("Reviewer").fill("Ada");
    await page.keyboard.press("Enter");
  });

  await test.step("each decision leads on, faster than the server answers", async () => {
    const keys = ["q", "q", "1", "e", "x"];
    // None of them is answered before all are decided.
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route("**/decisions", (route) => held.then(() => route.continue()));
    for (let at = 0; at < 10; at += 1) {
      await page.keyboard.press(keys[at % keys.length] ?? "q");
      await expect(place(page)).toContainText(`${at + 2} of ${examples}`);
    }
    answer();
    await expect.poll(async () => (await open())[0]?.index).toBe(order[10]);
    const [found] = await samples();
    expect([found.judged, found.unjudged]).toEqual([8, 2]);
    await page.unroute("**/decisions");
  });

  await test.step("undo shows the last one again", async () => {
    await page.keyboard.press("u");
    await expect(place(page)).toContainText(`10 of ${examples}`);
    await expect.poll(async () => (await open())[0]?.index).toBe(order[9]);
    await page.reload();
    await expect(place(page)).toContainText(`10 of ${examples}`);
    await page.keyboard.press("Control+z");
    await expect(place(page)).toContainText(`9 of ${examples}`);
    await page.keyboard.press("e");
    await expect(place(page)).toContainText(`10 of ${examples}`);
  });

  await test.step("what the server does not take comes back", async () => {
    // The decision before is on its way for a moment.
    await expect.poll(async () => (await open())[0]?.index).toBe(order[9]);
    await page.route("**/decisions", (route) => route.abort(), { times: 1 });
    await page.keyboard.press("q");
    await expect(page.getByRole("alert").filter({ hasText: "Not saved" })).toBeVisible();
    await expect(place(page)).toContainText(`10 of ${examples}`);
    await page.getByRole("button", { name: "Send again" }).click();
    await expect(page.getByRole("alert")).toHaveCount(0);
    await page.keyboard.press("q");
    await expect(place(page)).toContainText(`11 of ${examples}`);
  });

  await test.step("all of it, and what it says", async () => {
    for (let at = 10; at < examples; at += 1) {
      await expect(place(page)).toContainText(`${at + 1} of ${examples}`);
      await page.keyboard.press("q");
    }
    await expect(page.getByRole("heading", { name: /All of this sample/ })).toBeVisible();
    await expect.poll(async () => (await open()).length).toBe(0);
    await page.getByRole("link", { name: "See what it says" }).click();
    const [told] = await samples();
    const report = page.getByRole("article");
    await expect(report).toContainText(
      `${told.judged} of ${examples} examples judged, ${told.unjudged} looked at`,
    );
    await expect(report).toContainText(`about ${Math.round(told.wrong.examples)}`);
    await expect(report).toContainText(
      `${Math.floor(told.wrong.low)} to ${Math.ceil(told.wrong.high)} with 95 % confidence`,
    );
    await expect(report.getByRole("row")).toHaveCount(told.strata.length + 1);
    await expectAccessible(page);
  });
});

test("a sample that is not there is said to be none", async ({ page, server, audit }) => {
  await page.goto(`${server.url}/audits/${audit}/samples/019aa000-0000-7000-8000-000000000000`);
  await expect(page.getByRole("alert")).toContainText("sample");
});
