import { EXAMPLES } from "../support/images";
import { expect, startAudit, test } from "../support/test";

const CATEGORIES = ["typical", "atypical", "random outputs", "corrupted"];

test("an archaeology is followed run by run, judged before it is shown, and leads to its examples", async ({
  page,
  server,
  api,
  dataset,
}) => {
  // Two trainings, one after the other.
  test.setTimeout(300_000);
  const recipe = { model: "cnn-s", epochs: 4, checkpoints: 2, batch_size: 16 };
  const id = await startAudit(api, dataset, recipe, { archaeology: {} });
  await page.goto(`${server.url}/audits/${id}`);
  const state = page.locator(".audit-head").getByRole("status");
  await expect(state).toContainText(/run [12] of 2: (main|pilot)/);
  await expect(state).toContainText("Finished in", { timeout: 240_000 });

  await page.getByRole("link", { name: "Archaeology" }).click();
  await expect(page).toHaveURL(/tab=archaeology/);
  const answer = await api.get(`/v1/audits/${id}/archaeology`);
  const { report } = await answer.json();
  await expect(page.getByText(report.verdict)).toBeVisible();
  const warning = page.getByText("Warning:");
  await expect(warning).toHaveCount(report.worked ? 0 : 1);

  const categories = page.getByRole("region", { name: "Categories" });
  for (const [at, name] of CATEGORIES.entries()) {
    const row = categories.getByRole("row", { name: new RegExp(`^${name}`) });
    await expect(row).toContainText(String(report.categories[at].called));
    await expect(row.getByText("unreliable")).toHaveCount(report.categories[at].reliable ? 0 : 1);
  }
  const confusion = page.getByRole("region", { name: "Held-out probes" }).getByRole("row");
  await expect(confusion).toHaveCount(CATEGORIES.length + 1);
  const cells = await confusion.nth(1).getByRole("cell").allTextContents();
  expect(cells.map(Number)).toEqual(report.confusion[0]);
  await expect(page.getByRole("img", { name: /Mean loss of each category/ })).toBeVisible();
  await expect(page.getByText(/pilot's accuracy/)).toBeVisible();
  await expect(page.getByText(report.sources)).toBeVisible();

  const most = report.categories.reduce((a: Category, b: Category) =>
    b.called > a.called ? b : a,
  );
  await categories.getByRole("link", { name: most.name.replaceAll("_", " "), exact: true }).click();
  await expect(page).toHaveURL(new RegExp(`category=${most.name}`));
  const matching = most.called === EXAMPLES ? `${EXAMPLES}` : `${most.called} of ${EXAMPLES}`;
  await expect(page.getByRole("main")).toContainText(`${matching} examples`);

  await page.getByRole("list", { name: "Examples" }).getByRole("link").first().click();
  const facts = page.getByText(/^Learned like:/);
  await expect(facts).toContainText(most.name.replaceAll("_", " "));
  await expect(facts).toContainText(/votes: .+ \d[\d.]*\s%/);

  await page.goto(`${server.url}/audits/${id}?tab=training`);
  const loss = page.getByRole("figure").filter({ hasText: "Loss" });
  await expect(loss).toContainText(`epoch ${recipe.epochs}`);
});

test("an audit without an archaeology says how to ask for one", async ({ page, server, audit }) => {
  await page.goto(`${server.url}/audits/${audit}?tab=archaeology`);
  await expect(page.getByText(/no archaeology was asked for/)).toBeVisible();
});

type Category = { name: string; called: number };
