import type { APIRequestContext, Page } from "@playwright/test";
import { imageFolderZip } from "../support/images";
import { get, loginLink } from "../support/reading";
import { startServer } from "../support/server";
import { expect, finishedAudit, test, upload } from "../support/test";

const indexOf = (page: Page) => Number(new URL(page.url()).pathname.split("/").at(-1));

test("the server is killed in the middle of a review, and no decision is lost", async ({
  browser,
  playwright,
}) => {
  test.setTimeout(300_000);
  const server = await startServer();
  const context = await browser.newContext();
  const page = await context.newPage();
  const api: APIRequestContext = await playwright.request.newContext({
    baseURL: server.url,
    extraHTTPHeaders: { Authorization: `Bearer ${server.token}` },
  });
  try {
    const dataset = await upload(api, "patterns.zip", imageFolderZip());
    const id = await finishedAudit(api, dataset, { model: "cnn-s", epochs: 2, checkpoints: 2 });
    const { items } = await get(api, `/v1/audits/${id}/examples?signal=label_issue&limit=12`);
    const order: number[] = items.map((item: { index: number }) => item.index);
    await page.goto(await loginLink(api, server.url));
    await page.goto(`${server.url}/audits/${id}/examples/${order[0]}`);
    await page.getByLabel("Reviewer").fill("Ada");
    await page.keyboard.press("Enter");

    const decide = async (at: number) => {
      await expect(page.getByText(`index ${order[at]}`)).toBeVisible();
      await page.keyboard.press("e");
      await expect.poll(() => indexOf(page)).toBe(order[at + 1]);
    };
    // An example is asked for ahead of time and once more when it is shown: the fifth is shown before that answer is there.
    let goDown = () => {};
    const down = new Promise<void>((resolve) => {
      goDown = resolve;
    });
    const ahead = page.waitForResponse((answer) => answer.url().endsWith(`/examples/${order[4]}`));
    for (const at of [0, 1, 2]) await decide(at);
    await ahead;
    await page.route(`**/examples/${order[4]}`, async (route) => {
      await down;
      await route.abort();
    });
    await decide(3);
    const progress = () => get(api, `/v1/audits/${id}/review`);
    await expect
      .poll(async () => (await progress()).reviewers)
      .toEqual([{ name: "Ada", examples: 4 }]);

    const refused = page.getByRole("alert").filter({ hasText: "Not saved" });
    await test.step("decisions go on while it is down", async () => {
      // The next one is there already; the one behind it is not.
      await expect(page.getByText(`index ${order[4]}`)).toBeVisible();
      await server.kill();
      goDown();
      await expect(page.getByRole("alert").filter({ hasText: "cannot be reached" })).toBeVisible();
      await page.unroute(`**/examples/${order[4]}`);
      await page.keyboard.press("e");
      await expect.poll(() => indexOf(page)).toBe(order[5]);
      await expect(refused).toContainText(`exclude of example ${order[4]}`);
    });

    await test.step("and are sent when the page is opened again", async () => {
      await server.restart();
      await page.reload();
      await decide(5);
      await expect
        .poll(async () => (await progress()).reviewers)
        .toEqual([{ name: "Ada", examples: 6 }]);
    });

    const after = await get(api, `/v1/audits/${id}/examples?signal=label_issue&standing=exclude`);
    expect(after.items.map((item: { index: number }) => item.index)).toEqual(order.slice(0, 6));
  } finally {
    await context.close();
    await api.dispose();
    await server.stop();
  }
});
