import { readFileSync } from "node:fs";
import type { APIRequestContext } from "@playwright/test";
import { GROUPED, GROUPS } from "../support/images";
import { get, indices, tiles } from "../support/reading";
import { expect, test } from "../support/test";

/** The first examples of a ranking by the API, as far as a page of the grid goes. */
async function first(api: APIRequestContext, audit: string, query: string): Promise<number[]> {
  const { items } = await get(api, `/v1/audits/${audit}/examples?${query}&limit=60`);
  return items.map((item: { index: number }) => item.index);
}

test("groups are compared in three ways, in the grid, its address and its files", async ({
  page,
  server,
  api,
  grouped,
}) => {
  await page.goto(`${server.url}/audits/${grouped}`);
  const choice = page.getByLabel("Compare groups");
  await expect(choice.locator("option")).toHaveText(["Globally", "Within groups", "Shrunken"]);
  await choice.focus();
  await choice.selectOption("Within groups");
  await expect(page).toHaveURL(/\?grouping=within_group$/);
  await expect(page.getByText(/that a group is noisier than others is hidden/)).toBeVisible();
  const within = await first(api, grouped, "signal=label_issue&grouping=within_group");
  await expect.poll(async () => (await indices(page)).slice(0, 60)).toEqual(within);
  await expect(choice).toBeFocused();

  await page.getByText("Label issue: ").click();
  await expect(page.getByText(/compared within groups: .*median of its group/)).toBeVisible();

  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download as CSV" }).click(),
  ]);
  const rows = readFileSync(await file.path(), "utf8")
    .trimEnd()
    .split(/\r?\n/)
    .slice(1);
  expect(rows.slice(0, 60).map((row) => Number(row.split(",")[1]))).toEqual(within);
  for (const format of ["JSON Lines", "Parquet"])
    await expect(page.getByRole("link", { name: `Download as ${format}` })).toHaveAttribute(
      "href",
      /grouping=within_group/,
    );

  await page.reload();
  await expect(choice).toHaveValue("within_group");

  // Windows of VoG compare no groups, and neither do other signals.
  await page.getByRole("link", { name: /Hardest examples/ }).click();
  await expect(page).toHaveURL(/signal=vog&grouping=within_group/);
  await page.getByRole("link", { name: "Late", exact: true }).click();
  await expect(page).toHaveURL(/signal=vog&window=late$/);
  await expect(choice).toHaveCount(0);
});

test("a table shows what each way flags in every group, and leads there", async ({
  page,
  server,
  api,
  grouped,
}) => {
  await page.goto(`${server.url}/audits/${grouped}`);
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await expect(page).toHaveURL(/tab=groups/);
  await expect(page.getByText(/None of the three is fair by itself/)).toBeVisible();

  const { items } = await get(api, `/v1/audits/${grouped}/groups`);
  const table = page.getByRole("region", { name: "Groups side by side" });
  for (const [name, perClass] of GROUPS) {
    const row = table.getByRole("row", { name: new RegExp(`^${name || "without group"}`) });
    const group = items.find((item: { name: string | null }) => (item.name ?? "") === name);
    const cells = row.getByRole("cell");
    await expect(cells.nth(0)).toContainText(String(3 * perClass));
    for (const [at, { flagged, share }] of group.flagged.entries())
      await expect(cells.nth(2 + at)).toContainText(
        share === null
          ? /^(too small or too alike to tell|no group to compare with)$/
          : `${flagged}`,
      );
    for (const [at, rate] of [group.planted, group.clean].entries())
      await expect(cells.nth(5 + at)).toContainText(words(rate));
  }
  await expect(table.getByText("too small or too alike to tell")).toHaveCount(1);
  const reasons = page.getByText(/^Why some rates are not told/);
  await reasons.click();
  await expect(page.getByText(/fewer than 30 say too little/).first()).toBeVisible();

  await table.getByRole("link", { name: /flagged of south, compared shrunken/ }).click();
  await expect(page).toHaveURL(/\?grouping=shrunken&group=south$/);
  await expect(page.getByRole("main")).toContainText(`180 of ${GROUPED} examples`);
  const south = await first(api, grouped, "signal=label_issue&grouping=shrunken&group=south");
  await expect.poll(async () => (await indices(page)).slice(0, 60)).toEqual(south);

  await page.getByRole("link", { name: "all three side by side" }).click();
  const signal = page.getByLabel("Ranked by");
  await signal.focus();
  await signal.selectOption("Hardest examples");
  await expect(page).toHaveURL(/signal=vog/);
  await expect(signal).toBeFocused();
  await table.getByRole("link", { name: /flagged of north, compared within groups/ }).click();
  await expect(page).toHaveURL(/\?signal=vog&grouping=within_group&group=north$/);
});

test("without groups there is no choice, and the table says so", async ({
  page,
  server,
  audit,
}) => {
  await page.goto(`${server.url}/audits/${audit}`);
  await expect(tiles(page).first()).toBeVisible();
  await expect(page.getByLabel("Subset")).toBeVisible();
  await expect(page.getByLabel("Compare groups")).toHaveCount(0);
  await expect(page.getByText(/^Over \d+ seeds/)).toHaveCount(0);
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await expect(page.getByText(/fewer than two groups, so there is nothing/)).toBeVisible();
});

test("seeds give scores their range and rankings their stability", async ({
  page,
  server,
  api,
  grouped,
}) => {
  await page.goto(`${server.url}/audits/${grouped}?signal=aum`);
  const { stability } = await get(api, `/v1/audits/${grouped}/statistics?signal=aum`);
  const line = page.getByText(/^Over 2 seeds · rank correlation/);
  await expect(line).toContainText(Math.abs(stability.correlation.mean).toPrecision(3));
  await line.click();
  const common = page.getByRole("row", { name: /In common in the first 100/ });
  await expect(common).toContainText(shown(stability.overlap[1].share.mean));

  const { items } = await get(api, `/v1/audits/${grouped}/examples?signal=aum&limit=100`);
  const moved = items.find(
    ({ over_seeds }: Ranked) => over_seeds.rank_low !== over_seeds.rank_high,
  );
  const { rank_low, rank_high } = moved.over_seeds;
  await page.goto(`${server.url}/audits/${grouped}/examples/${moved.index}?signal=aum`);
  const row = page.getByRole("table").locator("tr[aria-current]");
  await expect(row).toContainText(`over the seeds ${rank_low}–${rank_high}`);
  await expect(page.getByText(/range over all seeds of the audit/)).toBeVisible();
  await expect(page.getByRole("row", { name: /^Label issue within groups/ })).toBeVisible();
});

test("a review budget says what it would find, and shows so many examples", async ({
  page,
  server,
  api,
  grouped,
}) => {
  await page.goto(`${server.url}/audits/${grouped}?label=disc`);
  const { budgets } = await get(api, `/v1/audits/${grouped}/statistics?signal=label_issue`);
  const line = page.getByText(/^Review budgets: an estimated/);
  await expect(line).toContainText("of the first 50 labels are wrong");
  await line.click();
  await expect(page.getByText(/optimistic where wrong labels follow a pattern/)).toBeVisible();
  for (const { top, k, estimated_share } of budgets) {
    const row = page.getByRole("row", { name: `the first ${top}`, exact: false }).filter({
      has: page.getByRole("cell", { name: String(k), exact: true }),
    });
    await expect(row.first()).toContainText(shown(estimated_share));
  }

  for (const [top, k] of [
    ["50", 50],
    ["1 %", 5],
  ] as const) {
    await page.getByRole("link", { name: `the first ${top}`, exact: true }).click();
    await expect(page).toHaveURL(/subset=label_issues&share=/);
    await expect(page.getByRole("main")).toContainText(`${k} of ${GROUPED} examples`);
    await expect
      .poll(() => indices(page))
      .toEqual((await first(api, grouped, "signal=label_issue")).slice(0, k));
  }
  await expect(page.getByText("the top 1.11 % of label_issue")).toBeVisible();

  await page.getByRole("link", { name: /share of the ranking/ }).click();
  await expect(page).toHaveURL(/\?subset=label_issues$/);

  await page.getByLabel("Compare groups").selectOption("Shrunken");
  await expect(page.getByRole("rowheader", { name: "the first 50" })).toBeVisible();
  await expect(page.getByRole("link", { name: /the first 50/ })).toHaveCount(0);
});

interface Ranked {
  over_seeds: { rank_low: number; rank_high: number };
}

function words(rate: { rate: number | null; flagged: number; probes: number } | null): string {
  if (rate === null) return "no probes";
  if (rate.rate === null) return "too few to tell";
  return `${rate.flagged} of ${rate.probes} probes`;
}

/** A share as the page shows it. */
function shown(share: number): string {
  if (share === 0 || share === 1) return `${share * 100}\u00a0%`;
  return `${Math.min(99.9, Math.max(0.1, share * 100)).toFixed(1)}\u00a0%`;
}
