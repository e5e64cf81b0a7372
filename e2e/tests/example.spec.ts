import type { Locator, Page } from "@playwright/test";
import { EXAMPLES } from "../support/images";
import { get } from "../support/reading";
import { expect, test } from "../support/test";

/** The three hardest, by the API. */
async function hardest(page: Page, audit: string, query: string): Promise<number[]> {
  const answer = await page.request.get(`/v1/audits/${audit}/examples?${query}&limit=3`);
  return (await answer.json()).items.map((item: { index: number }) => item.index);
}

test.use({ baseURL: async ({ server }, use) => use(server.url) });

test("an example shows its image, scores, trajectory and a map for each checkpoint", async ({
  page,
  audit,
}) => {
  const [index] = await hardest(page, audit, "signal=vog");
  await page.goto(`/audits/${audit}/examples/${index}?signal=vog`);
  await expect(page.getByRole("navigation", { name: "Ranking" })).toContainText(
    `Hardest examples: rank 1 of ${EXAMPLES}`,
  );

  const large = page.locator(".example-picture img");
  await expect(large).toHaveCount(2);
  for (const image of await large.all()) await loads(image);
  const sizes = await large.evaluateAll((images) => images.map((image) => image.clientWidth));
  expect(sizes[0]).toBe(sizes[1]);
  const strip = page.getByRole("navigation", { name: "Checkpoints" }).getByRole("link");
  await expect(strip).toHaveCount(3);
  for (const link of await strip.all()) await loads(link.locator("img"));

  await expect(strip.last()).toHaveAttribute("aria-current", "true");
  await strip.first().click();
  await expect(page).toHaveURL(/checkpoint=0/);
  await expect(page.locator(".example-picture")).toContainText("Gradient after epoch 1");

  const scores = page.getByRole("table");
  for (const signal of ["Final loss", "Variance of Gradients all", "Mean loss", "Confidence"])
    await expect(scores.getByRole("row", { name: new RegExp(`^${signal}`) })).toBeVisible();
  await page.getByText("What these numbers mean").click();
  await expect(page.getByText("mean over epochs of p(given label). 0 to 1")).toBeVisible();

  await expect(page.getByText(/Suggested label: .+ \(\d[\d.]*\s%\), then .+/)).toBeVisible();

  const plot = page.getByRole("img", { name: /Loss of this example per epoch/ });
  await expect(plot.locator("g > title")).toHaveCount(3);
  await expect(page.getByText("Given label", { exact: true })).toBeVisible();
  await expect(page.getByText("Model says")).toBeVisible();

  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(`/audits/${audit}?signal=vog`);
});

test("a slider goes through the maps, and leaves the page's keys but the arrows alone", async ({
  page,
  audit,
}) => {
  const [first, second] = await hardest(page, audit, "signal=vog");
  await page.goto(`/audits/${audit}/examples/${first}?signal=vog`);
  const slider = page.getByRole("slider", { name: "Checkpoint" });
  await expect(slider).toHaveAttribute("aria-valuetext", "after epoch 3");
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(page).toHaveURL(new RegExp(`/examples/${first}\\?signal=vog&checkpoint=1$`));
  await expect(page.locator(".example-picture")).toContainText("Gradient after epoch 2");
  await page.keyboard.press("Home");
  await expect(slider).toHaveAttribute("aria-valuetext", "after epoch 1");
  await expect(page.getByRole("link", { name: "Next" })).toBeVisible();
  await page.keyboard.press("j");
  await expect(page).toHaveURL(new RegExp(`/examples/${second}\\?signal=vog&checkpoint=0$`));
});

test("what a score means is told where it is pointed at and where it has the focus", async ({
  page,
  audit,
}) => {
  await page.goto(`/audits/${audit}/examples/0`);
  const name = page.getByRole("button", { name: "Confidence" });
  const meaning = page.getByRole("tooltip");
  await expect(name).toHaveAccessibleDescription(/mean over epochs of p\(given label\)/);
  await expect(meaning).toHaveCount(0);
  await name.focus();
  await expect(meaning).toHaveText(/low is harder: mean over epochs .+ Percentile [\d.]+:/);
  await page.keyboard.press("Escape");
  await expect(meaning).toHaveCount(0);
  await expect(page).toHaveURL(/examples\/0$/);
  await name.hover();
  await expect(meaning).toBeVisible();
  await page.mouse.move(0, 0);
  await expect(meaning).toHaveCount(0);
});

test("where there is an archaeology the loss runs among the mean losses of its probes", async ({
  page,
  api,
  grouped,
}) => {
  const { report } = await get(api, `/v1/audits/${grouped}/archaeology`);
  const names = report.categories.map(({ name }: { name: string }) => name.replaceAll("_", " "));
  await page.goto(`/audits/${grouped}/examples/0`);
  const plot = page.getByRole("region", { name: "Loss over training" });
  await expect(plot.getByRole("listitem")).toHaveCount(names.length);
  for (const [at, name] of names.entries())
    await expect(plot.getByRole("listitem").nth(at)).toHaveText(new RegExp(`^ ?${name} \\d`));
  await expect(plot.locator(".trajectory-plot__mean")).toHaveCount(names.length);
  await plot.getByText("Values").click();
  const row = plot.getByRole("row").nth(1);
  for (const { trajectory } of report.categories)
    await expect(row).toContainText(Number(trajectory[0]).toPrecision(3));
});

test("next and previous follow the ranking, also from an address, and Esc returns to the grid", async ({
  page,
  audit,
}) => {
  const query = "signal=vog&label=disc";
  const [first, second, third] = await hardest(page, audit, query);
  const place = (index: number | undefined) =>
    new RegExp(`/audits/${audit}/examples/${index}\\?${query}$`);

  await page.goto(`/audits/${audit}?${query}`);
  await page.getByRole("list", { name: "Examples" }).getByRole("link").first().click();
  await expect(page).toHaveURL(place(first));
  await expect(page.getByRole("link", { name: "Next" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Previous" })).toBeDisabled();
  await page.keyboard.press("ArrowRight");
  await expect(page).toHaveURL(place(second));
  await expect(page.locator("h1")).toContainText("disc");

  await page.reload();
  await expect(page.getByRole("link", { name: "Next" })).toBeVisible();
  await page.keyboard.press("j");
  await expect(page).toHaveURL(place(third));
  await expect(page.getByRole("link", { name: "Previous" })).toHaveAttribute(
    "href",
    new RegExp(`/examples/${second}\\?`),
  );
  await page.keyboard.press("k");
  await expect(page).toHaveURL(place(second));

  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(`/audits/${audit}?${query}`);
  await expect(page.locator(`[data-index="${second}"]`)).toBeFocused();
});

test("an example that is not there says so", async ({ page, audit }) => {
  await page.goto(`/audits/${audit}/examples/${EXAMPLES}`);
  await expect(page.getByRole("alert")).toContainText("There is no such example");
});

async function loads(image: Locator): Promise<void> {
  await expect
    .poll(() => image.evaluate((img: HTMLImageElement) => img.naturalWidth))
    .toBeGreaterThan(0);
}
