import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { EXAMPLES, imageFolderZip } from "../support/images";
import { get, tiles } from "../support/reading";
import { expect, test } from "../support/test";

const panel = (page: Page) => page.getByRole("region", { name: "Decision" });
const standing = (page: Page) => panel(page).getByRole("status").first();
const indexOf = (page: Page) => Number(new URL(page.url()).pathname.split("/").at(-1));

/** A file is chosen, becomes a dataset and is audited while one watches; the id of the audit. */
async function auditedByHand(page: Page, url: string): Promise<string> {
  await page.goto(`${url}/new`);
  await page.getByLabel("Choose a file").setInputFiles({
    name: "to be reviewed.zip",
    mimeType: "application/zip",
    buffer: Buffer.from(imageFolderZip(7)),
  });
  await expect(page.getByRole("main")).toContainText(`${EXAMPLES} examples`, { timeout: 60_000 });
  await page.getByRole("radio", { name: /^Quick/ }).check();
  await page.getByText("Recipe in detail").click();
  await page.getByLabel("Epochs", { exact: true }).fill("3");
  await page.getByRole("button", { name: "Start the audit" }).click();
  await expect(page).toHaveURL(/\/audits\/[0-9a-f-]+$/);
  // Nothing is loaded again by hand: the page follows the training to its end.
  await expect(tiles(page).first()).toBeVisible({ timeout: 120_000 });
  return page.url().split("/").at(-1) ?? "";
}

test("a review with keys: from a file to its labels, with two reviewers", async ({
  page,
  server,
  api,
}) => {
  test.setTimeout(240_000);
  const id = await auditedByHand(page, server.url);
  const ranking = await get(api, `/v1/audits/${id}/examples?signal=label_issue&limit=30`);
  const order: number[] = ranking.items.map((item: { index: number }) => item.index);

  await test.step("a decision needs a name", async () => {
    await page.goto(`${server.url}/audits/${id}`);
    await tiles(page).first().click();
    await expect(standing(page)).toContainText("undecided");
    await page.keyboard.press("q");
    await expect(standing(page)).toContainText("Say who you are");
    await page.getByLabel("Reviewer").fill("Ada");
    await page.keyboard.press("Enter");
  });

  await test.step("twenty are decided, and each leads to the next", async () => {
    const keys = ["q", "e", "n", "x", "1"];
    for (let at = 0; at < 20; at += 1) {
      await expect(page.getByText(`index ${order[at]}`, { exact: false })).toBeVisible();
      await page.keyboard.press(keys[at % keys.length] ?? "q");
      await expect.poll(() => indexOf(page)).toBe(order[at + 1]);
    }
    await expect
      .poll(async () => (await get(api, `/v1/audits/${id}/review`)).reviewers)
      .toEqual([{ name: "Ada", examples: 20 }]);
    const { standings } = await get(api, `/v1/audits/${id}/review`);
    const of = (word: string) =>
      standings.find((one: { standing: string }) => one.standing === word).examples;
    expect([
      of("keep"),
      of("exclude"),
      of("second_look"),
      of("cannot_judge"),
      of("relabel"),
    ]).toEqual([4, 4, 4, 4, 4]);
  });

  await test.step("keys are left alone while one types", async () => {
    await expect(page.getByText(`index ${order[20]}`)).toBeVisible();
    await page.keyboard.press("/");
    await page.keyboard.type("qexn");
    await expect(page.getByText("no such class")).toBeVisible();
    await page.keyboard.press("Escape");
    expect(indexOf(page)).toBe(order[20]);
  });

  await test.step("undo goes back to what it undid, after a reload as well", async () => {
    await page.keyboard.press("u");
    await expect.poll(() => indexOf(page)).toBe(order[19]);
    await expect(page.getByText(`index ${order[19]}`)).toBeVisible();
    await expect(standing(page)).toContainText("undecided");
    await page.reload();
    await expect(standing(page)).toContainText("undecided");
    await page.keyboard.press("Control+z");
    await expect.poll(() => indexOf(page)).toBe(order[18]);
  });

  await test.step("a second reviewer differs, and settles it", async () => {
    await page.goto(`${server.url}/audits/${id}/examples/${order[0]}`);
    await page.getByLabel("Reviewer").fill("بوب");
    await page.keyboard.press("Enter");
    await page.keyboard.press("e");
    await expect
      .poll(async () => (await get(api, `/v1/audits/${id}/examples/${order[0]}`)).standing.standing)
      .toBe("conflict");
    await page.goto(`${server.url}/audits/${id}?standing=conflict`);
    await expect(tiles(page)).toHaveCount(1);
    await expect(tiles(page).first()).toContainText("conflict of 2");
    await tiles(page).first().click();
    await expect(page.getByText("what you decide here settles it")).toBeVisible();
    await expect(page.getByRole("list", { name: "Decisions so far" })).toContainText("Ada");
    await page.keyboard.press("q");
    await expect
      .poll(async () => (await get(api, `/v1/audits/${id}/examples/${order[0]}`)).standing.standing)
      .toBe("keep");
  });

  await test.step("what the server did not take is said, and sent again", async () => {
    await page.goto(`${server.url}/audits/${id}/examples/${order[25]}`);
    await expect(standing(page)).toContainText("undecided");
    await page.route("**/decisions", (route) => route.abort(), { times: 1 });
    await page.keyboard.press("e");
    const refused = page.getByRole("alert").filter({ hasText: "Not saved" });
    await expect(refused).toContainText("cannot be reached");
    await refused.getByRole("button", { name: "Send again" }).click();
    await expect(refused).toHaveCount(0);
    await expect
      .poll(
        async () => (await get(api, `/v1/audits/${id}/examples/${order[25]}`)).standing.standing,
      )
      .toBe("exclude");
  });

  await test.step("the queue of the undecided counts what the API counts", async () => {
    const { matching } = await get(api, `/v1/audits/${id}/examples?standing=undecided`);
    await page.goto(`${server.url}/audits/${id}`);
    await page.getByLabel("Queue").selectOption("Undecided");
    await expect(page).toHaveURL(/standing=undecided/);
    await expect(page.getByRole("main")).toContainText(`${matching} of `);
  });

  await test.step("page, API and file count the same, after a reload as well", async () => {
    const { standings } = await get(api, `/v1/audits/${id}/review`);
    const told = Object.fromEntries(
      standings.map((one: { standing: string; examples: number }) => [one.standing, one.examples]),
    );
    await page.goto(`${server.url}/audits/${id}`);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download as CSV" }).click(),
    ]);
    const [head = "", ...rows] = (await readFile(await download.path(), "utf8"))
      .trimEnd()
      .split("\r\n");
    const column = head.split(",").indexOf("standing");
    const counted: Record<string, number> = {};
    for (const row of rows) {
      const standing = row.split(",")[column] ?? "";
      counted[standing] = (counted[standing] ?? 0) + 1;
    }
    for (const [name, examples] of Object.entries(told))
      expect(counted[name] ?? 0, name).toBe(examples);
    const decided = EXAMPLES - told.undecided;
    const progress = page.getByRole("region", { name: "Review so far" });
    await expect(progress).toContainText(`${decided} of ${EXAMPLES} examples decided`);
    await page.reload();
    await expect(progress).toContainText(`${decided} of ${EXAMPLES} examples decided`);
    await page.getByLabel("Queue").selectOption("Excluded");
    await expect(tiles(page)).toHaveCount(told.exclude);
    for (const tile of await tiles(page).all()) await expect(tile).toContainText("excluded");
  });
});
