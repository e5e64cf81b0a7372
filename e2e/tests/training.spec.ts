import type { Locator } from "@playwright/test";
import { expect, startAudit, test } from "../support/test";

/** Long enough to be watched, cancelled before its end. */
const LONG = { model: "cnn-s", epochs: 400, checkpoints: 3, batch_size: 8 };

test("the training is followed live, through a lost connection, to a cancel and a retry", async ({
  page,
  context,
  server,
  api,
  dataset,
}) => {
  const id = await startAudit(api, dataset, LONG);
  await page.goto(`${server.url}/audits/${id}`);
  const state = page.locator(".audit-head").getByRole("status");
  const loss = page.getByRole("figure").filter({ hasText: "Loss" });

  await expect(state).toContainText(/(Training|Taking gradients), (epoch|checkpoint) \d+ of \d+/);
  await expect.poll(() => epochOf(loss)).toBeGreaterThan(0);
  await expect(loss.locator("canvas")).toBeVisible();
  await expect(loss.getByRole("img")).toHaveAttribute("aria-label", /Loss over epochs: \d.* nats/);
  await expect(page.getByRole("figure").filter({ hasText: "Accuracy" })).toContainText("%");
  await expect(page.getByRole("figure").filter({ hasText: "Speed" })).toContainText("examples/s");
  await expect(page.getByRole("list", { name: "Steps" })).toContainText(/Train \d+\/400/);

  await context.setOffline(true);
  await context.setOffline(false);
  const before = await epochOf(loss);
  await expect.poll(() => epochOf(loss)).toBeGreaterThan(before);

  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(state).toContainText("Cancelled");

  await page.getByRole("button", { name: "Run again" }).click();
  await expect(state).toContainText(/Waiting|Starting|Loading|Training|Taking/);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(state).toContainText("Cancelled");
});

test("a page that is open while the audit ends turns to its examples by itself", async ({
  page,
  server,
  api,
  dataset,
}) => {
  const id = await startAudit(api, dataset, {
    model: "cnn-s",
    epochs: 3,
    checkpoints: 3,
    batch_size: 16,
  });
  await page.goto(`${server.url}/audits/${id}`);
  await expect(page.getByRole("status").first()).toContainText("Finished in", { timeout: 60_000 });
  await expect(
    page.getByRole("list", { name: "Examples" }).getByRole("link").first(),
  ).toBeVisible();

  await page.getByRole("link", { name: "Training" }).click();
  await expect(page).toHaveURL(/tab=training/);
  const loss = page.getByRole("figure").filter({ hasText: "Loss" });
  await expect.poll(() => epochOf(loss)).toBe(3);
  await page.getByText("Values").click();
  await expect(page.getByRole("table").getByRole("row")).toHaveCount(4);
});

async function epochOf(figure: Locator): Promise<number> {
  const text = (await figure.locator("figcaption").textContent()) ?? "";
  return Number(/epoch (\d+)/.exec(text)?.[1] ?? 0);
}
