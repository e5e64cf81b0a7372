import type { Page } from "@playwright/test";
import { EXAMPLES } from "../support/images";
import { get, tiles } from "../support/reading";
import { expect, startAudit, test } from "../support/test";

/** Of so few and small steps that models disagree. */
const RECIPE = { model: "cnn-s", epochs: 2, checkpoints: 2, batch_size: 128, lr: 0.01 };
const PIE = { sparsities: [0.5], population: 2, quantise: ["int8"], null: true };
/** Enough models to be watched, cancelled before the last. */
const MANY = { ...PIE, population: 20 };

const TITLES: Record<string, string> = {
  unpruned: "Unpruned",
  null: "Unpruned again (null)",
  "0.5": "Pruned 50\u00a0%",
  int8: "Rounded to int8",
};
const SUBSETS: Record<string, string> = { null: "pie@null", "0.5": "pie@0.5", int8: "cie_int8" };

interface Level {
  level: string;
  models: number;
  ties: number;
  exemplars: { count: number; on_a_tie: number } | null;
}

interface RecallRow {
  name: string;
  examples: number;
  normalised_change: number;
}

interface Modal {
  unpruned: string;
  own: string;
  tied: boolean;
}

const populations = (page: Page) => page.getByRole("region", { name: "Populations side by side" });
const models = (page: Page) => page.getByRole("combobox", { name: /^Models/ });
test("each training is shown with its state and worker, and models are compared as they come", async ({
  page,
  server,
  api,
  dataset,
}) => {
  // Four trainings at least, one after the other.
  test.setTimeout(300_000);
  const id = await startAudit(api, dataset, RECIPE, { pie: MANY });
  await page.goto(`${server.url}/audits/${id}`);
  const state = page.locator(".audit-head").getByRole("status");

  await test.step("the trainings", async () => {
    await expect(state).toContainText("of 60 trainings done");
    const cells = page.getByRole("toolbar", { name: "Trainings, one by one" }).getByRole("button");
    await expect(cells).toHaveCount(60);
    for (const population of ["Unpruned", "Pruned 50", "Unpruned again"])
      await expect(page.getByRole("button", { name: population }).first()).toBeVisible();
    await expect(page.getByRole("button", { name: /: running on .+/ })).toBeVisible();
    await expect(page.getByRole("list", { name: "Running now" })).toContainText(" has ");

    await cells.first().focus();
    await page.keyboard.press("ArrowRight");
    await expect(cells.nth(1)).toBeFocused();
    const name = (await cells.nth(1).getAttribute("aria-label")) ?? "";
    await expect(page.getByText(name.slice(0, name.indexOf(":") + 1)).first()).toBeVisible();
    await expect(page.getByText(/^Log:/)).toContainText(/begins (the main training|a model)/);
  });

  await test.step("the comparison so far, which a cancelled audit keeps", async () => {
    await page.getByRole("link", { name: "Compression" }).click();
    await expect(page).toHaveURL(/\?tab=compression$/);
    const over = page.getByText(/over the first (model|\d+ models) of each population \(20 are/);
    await expect(over).toBeVisible({ timeout: 240_000 });
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(state).toContainText("Cancelled");
    await expect(over).toBeVisible();
    // How many were compared until then depends on the machine: what cannot be claimed with them too.
    const { report } = await get(api, `/v1/audits/${id}/pie`);
    await expect(
      page.getByRole("list", { name: "What cannot be claimed" }).getByRole("listitem"),
    ).toHaveCount(report.notes.length);
    await expect(populations(page).getByRole("link", { name: "exemplars:" })).toHaveCount(0);
    await page.getByRole("link", { name: "Training", exact: true }).click();
    await expect(page.getByText(/\d+ of 60 trainings done · \d+ cancelled/)).toBeVisible();
  });
});

test("populations that are compared lead to what their models disagree on", async ({
  page,
  server,
  api,
  dataset,
}) => {
  // Six trainings, one after the other.
  test.setTimeout(420_000);
  const id = await startAudit(api, dataset, RECIPE, { pie: PIE });
  await page.goto(`${server.url}/audits/${id}?tab=compression`);
  const state = page.locator(".audit-head").getByRole("status");
  await expect(state).toContainText("Finished in", { timeout: 240_000 });

  const { report } = await get(api, `/v1/audits/${id}/pie`);
  const levels: Level[] = report.trained.levels;

  await test.step("the table says what the API says", async () => {
    await expect(page.getByText(`Over ${EXAMPLES} examples that the models were`)).toBeVisible();
    await expect(
      page.getByRole("list", { name: "What cannot be claimed" }).getByRole("listitem"),
    ).toHaveCount(report.notes.length);
    expect(levels.map(({ level }) => level)).toEqual(["unpruned", "null", "0.5", "int8"]);
    const rows = populations(page).locator("tbody").getByRole("row");
    for (const [at, { level, models, ties, exemplars }] of levels.entries()) {
      const cells = rows.nth(at).getByRole("cell");
      await expect(rows.nth(at).getByRole("rowheader")).toHaveText(TITLES[level] ?? "");
      await expect(cells.nth(0)).toHaveText(String(models));
      await expect(cells.nth(4)).toHaveText(String(ties));
      if (!exemplars) await expect(cells.nth(5)).toHaveText("what the others are compared with");
      else await expect(cells.nth(5)).toHaveText(new RegExp(`^${exemplars.count}(\\D|$)`));
    }
    await page.getByText("Sparsity reached, layer by layer").click();
    const layers = page.getByRole("region", { name: "Sparsity of each layer" });
    await expect(layers.getByRole("row", { name: "fc.weight" })).toContainText("50.0\u00a0%");
  });

  await test.step("recall by class can be ordered, and rounded models have a paired test", async () => {
    const { recalls } = await get(api, `/v1/audits/${id}/pie/0.5`);
    const rows: RecallRow[] = recalls[0].rows;
    const table = page.getByRole("region", { name: "By class", exact: true });
    const names = table.locator("tbody").getByRole("rowheader");
    const ordered = [...rows].sort((a, b) => a.normalised_change - b.normalised_change);
    await expect(names).toHaveText(ordered.map(({ name }) => name));
    await table.getByRole("button", { name: /Normalised change/ }).click();
    await expect(page).toHaveURL(/sort=spared/);
    const spared = [...rows].sort((a, b) => b.normalised_change - a.normalised_change);
    await expect(names).toHaveText(spared.map(({ name }) => name));
    await expect(table).toContainText("Welch's test, as published");
    await expect(page.getByText(recalls[0].family)).toBeVisible();

    await models(page).selectOption("int8");
    await expect(page).toHaveURL(/level=int8/);
    await expect(table).toContainText(/Paired test.*Welch's test, as published/);
    await expect(
      populations(page).getByRole("link", { name: "Rounded to int8", exact: true }),
    ).toHaveAttribute("aria-current", "true");
  });

  await test.step("a number of exemplars opens as many", async () => {
    const found = (level: Level) => level.exemplars?.count ?? 0;
    const most = levels.reduce((a, b) => (found(b) > found(a) ? b : a));
    const { level } = most;
    expect(found(most), "some population has exemplars").toBeGreaterThan(0);
    await populations(page)
      .getByRole("link", { name: `${found(most)} exemplars: ${TITLES[level]}` })
      .click();
    const subset = SUBSETS[level] ?? "";
    await expect(page).toHaveURL((url) => {
      const { searchParams } = url;
      return (
        searchParams.get("signal") === "pie" &&
        searchParams.get("level") === level &&
        searchParams.get("subset") === subset
      );
    });
    await expect(page.getByLabel("Subset")).toHaveValue(subset);
    await expect(page.getByRole("main")).toContainText(`${found(most)} of ${EXAMPLES} examples`);
    const query = `signal=pie&level=${level}&subset=${encodeURIComponent(subset)}&limit=1`;
    const ranking = await get(api, `/v1/audits/${id}/examples?${query}`);
    expect(ranking.matching).toBe(found(most));
    const [first] = ranking.items;
    const { unpruned, own, tied }: Modal = first.modal_classes;
    const tile = tiles(page).first();
    await expect(tile).toContainText(`unpruned models: ${unpruned}`);
    await expect(tile).toContainText(`compressed models: ${own}`);
    await expect(tile.getByText("a tie")).toHaveCount(tied ? 1 : 0);

    await tile.click();
    const { exemplars } = await get(api, `/v1/audits/${id}/examples/${first.index}`);
    const table = page.getByRole("region", { name: "What compressed models make of it" });
    await expect(table.locator("tbody").getByRole("row")).toHaveCount(exemplars.length);
    for (const exemplar of exemplars) {
      const row = table.getByRole("row", { name: TITLES[exemplar.level] ?? "" });
      const words = exemplar.is_exemplar ? "differ" : "agree";
      await expect(row.getByRole("cell").nth(0)).toContainText(exemplar.unpruned);
      await expect(row.getByRole("cell").nth(1)).toContainText(exemplar.own);
      await expect(row.getByRole("cell").nth(2)).toContainText(words);
    }
    await page.keyboard.press("Escape");
  });

  await test.step("the ranking's level is chosen, and is part of the address", async () => {
    await page.getByLabel("Subset").selectOption("All examples");
    await models(page).selectOption("null");
    await expect(page).toHaveURL(/\?signal=pie&level=null$/);
    await expect(page.getByRole("main")).toContainText(`${EXAMPLES} examples`);
    const { items } = await get(api, `/v1/audits/${id}/examples?signal=pie&level=null&limit=1`);
    await expect(tiles(page).first()).toHaveAttribute("data-index", String(items[0].index));
    await expect(page.getByRole("link", { name: "Download as CSV" })).toHaveAttribute(
      "href",
      /signal=pie&level=null/,
    );
  });
});

test("an audit without populations says how to ask for some", async ({ page, server, audit }) => {
  await page.goto(`${server.url}/audits/${audit}`);
  await page.getByRole("link", { name: "Compression" }).click();
  await expect(page.getByText(/no populations were asked for/)).toBeVisible();
});
