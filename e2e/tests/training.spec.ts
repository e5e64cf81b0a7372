import type { APIRequestContext, Locator } from "@playwright/test";
import { startProxy } from "../support/proxy";
import { get } from "../support/reading";
import { expect, reaches, startAudit, test } from "../support/test";

/** Long enough to be watched, cancelled before its end. */
const LONG = { model: "cnn-s", epochs: 400, checkpoints: 3, batch_size: 8 };

/** Long too, but of short epochs. */
const QUICK = { ...LONG, epochs: 1_000, batch_size: 64 };
/** For epochs where other trainings keep the machine busy. */
const PATIENT = { timeout: 45_000 };

test("the training is followed live to a cancel and a retry", async ({
  page,
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
  const reading = loss.getByRole("slider", { name: "Loss over epochs" });
  await expect(reading).toHaveAttribute("aria-valuetext", /^epoch \d+: \d.* nats$/);
  await expect(page.getByText(/^Running for .+ last heard from just now/)).toBeVisible();
  await expect(page.getByRole("figure").filter({ hasText: "Accuracy" })).toContainText("%");
  await expect(page.getByRole("figure").filter({ hasText: "Speed" })).toContainText("examples/s");
  await expect(page.getByRole("list", { name: "Steps" })).toContainText(/Train \d+\/400/);

  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(state).toContainText(/Cancelled after \d/);

  await page.getByRole("button", { name: "Run again" }).click();
  await expect(state).toContainText(/Waiting|Starting|Loading|Training|Taking/);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(state).toContainText("Cancelled");
});

test("nothing is lost with a connection that is cut, and the reader is told", async ({
  page,
  server,
  api,
  dataset,
}) => {
  test.setTimeout(180_000);
  const proxy = await startProxy(server.url);
  const id = await startAudit(api, dataset, QUICK);
  await page.goto(`${proxy.url}/audits/${id}`);
  const loss = page.getByRole("figure").filter({ hasText: "Loss" });
  await expect.poll(() => epochOf(loss), PATIENT).toBeGreaterThan(1);

  proxy.cut();
  await expect(page.getByText("The live connection is lost")).toBeVisible();
  const before = await epochOf(loss);
  // What is missed is more than one epoch.
  await expect.poll(() => toldEpochs(api, id), PATIENT).toBeGreaterThan(before + 2);
  expect(await epochOf(loss)).toBe(before);
  proxy.mend();
  await expect.poll(() => epochOf(loss), PATIENT).toBeGreaterThan(before + 2);
  await expect(page.getByText("The live connection is lost")).toHaveCount(0);

  await api.post(`/v1/audits/${id}/cancel`);
  await reaches(api, `/v1/audits/${id}`, "cancelled");
  await expect(page.getByRole("button", { name: "Run again" })).toBeVisible();
  await page.getByText("Values").click();
  const epochs = page.getByRole("table").getByRole("row");
  const last = await toldEpochs(api, id);
  await expect(epochs).toHaveCount(last + 1);
  const told = await epochs.locator("td:first-child").allTextContents();
  expect(told.map(Number)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
  proxy.stop();
});

test("a part of the curves is looked at by dragging and by keys, and stays while points come", async ({
  page,
  server,
  api,
  dataset,
}) => {
  test.setTimeout(180_000);
  const id = await startAudit(api, dataset, QUICK);
  await page.goto(`${server.url}/audits/${id}`);
  const curves = page.getByRole("region", { name: "Curves" });
  const loss = curves.getByRole("slider", { name: "Loss over epochs" });
  const accuracy = curves.getByRole("slider", { name: "Accuracy over epochs" });
  const shown = curves.getByRole("status");
  const figure = page.getByRole("figure").filter({ hasText: "Loss" });
  await expect(shown).toHaveText("All 1000 epochs");
  await expect.poll(() => epochOf(figure), PATIENT).toBeGreaterThan(4);

  const plot = curves.locator(".u-over").first();
  const box = await plot.boundingBox();
  if (!box) throw new Error("the curve is not laid out");
  const across = (share: number): [number, number] => [
    box.x + box.width * share,
    box.y + box.height / 2,
  ];
  await page.mouse.move(...across(0));
  await page.mouse.down();
  await page.mouse.move(...across(0.3));
  await page.mouse.move(...across(0.5));
  await page.mouse.up();
  await expect(shown).toHaveText(/^Epochs 1 to (499|50\d) of 1000$/);
  const kept = await shown.textContent();
  await page.mouse.move(0, 0);
  const before = await epochOf(figure);
  await expect.poll(() => epochOf(figure), PATIENT).toBeGreaterThan(before);
  await expect(shown).toHaveText(kept ?? "");
  await plot.dblclick();
  await expect(shown).toHaveText("All 1000 epochs");

  await page.mouse.move(0, 0);
  await loss.focus();
  await page.keyboard.press("Home");
  await expect(loss).toHaveAttribute("aria-valuetext", /^epoch 1: .+ nats$/);
  await expect(accuracy).toHaveAttribute("aria-valuetext", /^epoch 1: /);
  await page.keyboard.press("ArrowRight");
  await expect(figure).toContainText("epoch 2");
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await expect(shown).toHaveText("Epochs 2 to 252 of 1000");
  await page.keyboard.press("Home");
  await expect(shown).toHaveText("Epochs 1 to 251 of 1000");
  await page.keyboard.press("-");
  await expect(shown).toHaveText("Epochs 1 to 501 of 1000");
  await curves.getByRole("button", { name: "All epochs" }).click();
  await expect(shown).toHaveText("All 1000 epochs");

  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Run again" })).toBeVisible();
});

test("an audit whose worker has gone silent is not said to run as if nothing were", async ({
  page,
  server,
  api,
  dataset,
}) => {
  const id = await startAudit(api, dataset, QUICK);
  await reaches(api, `/v1/audits/${id}`, "running");
  await page.route(`**/v1/audits/${id}`, async (route) => {
    const answer = await route.fetch();
    const heartbeat_at = new Date(Date.now() - 5 * 60_000).toISOString();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), heartbeat_at } });
  });
  await page.goto(`${server.url}/audits/${id}`);
  const state = page.locator(".audit-head").getByRole("status");
  await expect(state).toContainText("Worker silent · ");
  await expect(state).toContainText(/No sign of life from .+ for 5\smin/);
  await expect(page.getByText(/last heard from 5\smin ago/)).toBeVisible();

  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(state).toContainText("Cancelled");
  await expect(state).not.toContainText("silent");
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

/** The last epoch that the server has told of. */
async function toldEpochs(api: APIRequestContext, id: string): Promise<number> {
  const { items } = await get(api, `/v1/audits/${id}/events?limit=1000`);
  const epochs = items.filter(({ kind }: { kind: string }) => kind === "epoch");
  return epochs.at(-1)?.epoch ?? 0;
}
