import type { APIRequestContext } from "@playwright/test";
import { expect, reaches, test } from "../support/test";

const TABLE = [
  "key,label,group,text",
  'en-1,pos,en,"A small, warm\nfilm."',
  "en-2,neg,en,Two hours that I want back.",
  "ar-1,pos,ar,فيلم جميل ومؤثر.",
  "ar-2,neg,ar,لم يعجبني على الإطلاق.",
].join("\n");

/** An audit of texts, by an external run of two epochs; `ar-2` is wrong in both. */
async function externalAudit(api: APIRequestContext): Promise<string> {
  const posted = await api.post("/v1/datasets?name=reviews.csv", { data: Buffer.from(TABLE) });
  const { id: dataset } = await posted.json();
  await reaches(api, `/v1/datasets/${dataset}`, "ready");
  const begun = await api.post("/v1/audits", {
    data: { kind: "external", dataset_id: dataset, epochs: 2, logits: "eval_pass" },
  });
  expect(begun.status(), await begun.text()).toBe(202);
  const { id } = await begun.json();
  // The classes are neg and pos.
  const logits = { "en-1": [0, 3], "en-2": [2, 0], "ar-1": [0, 1], "ar-2": [0, 4] };
  for (const epoch of [1, 2]) {
    const lines = Object.entries(logits).map(([guid, values]) =>
      JSON.stringify({ guid, [`logits_epoch_${epoch - 1}`]: values }),
    );
    const put = await api.put(`/v1/audits/${id}/records/${epoch}/0`, {
      headers: { "content-type": "application/jsonl" },
      data: Buffer.from(lines.join("\n")),
    });
    expect(put.status(), await put.text()).toBe(201);
  }
  return id;
}

test("texts of an external run are shown as texts, in their own direction", async ({
  page,
  server,
  api,
}) => {
  const audit = await externalAudit(api);
  await page.goto(`${server.url}/audits/${audit}`);
  await expect(page.getByRole("status").first()).toContainText("Waiting for what is posted");
  expect((await api.post(`/v1/audits/${audit}/complete`)).status()).toBe(202);
  await reaches(api, `/v1/audits/${audit}`, "succeeded");

  await page.goto(`${server.url}/audits/${audit}?signal=label_issue`);
  const tiles = page.getByRole("list", { name: "Examples" }).getByRole("listitem");
  await expect(tiles).toHaveCount(4);
  await expect(tiles.first()).toContainText("لم يعجبني على الإطلاق.");
  await expect(tiles.first().locator("[dir=auto]")).toHaveCSS("direction", "rtl");

  await tiles.first().getByRole("link").click();
  const text = page.locator("blockquote");
  await expect(text).toHaveText("لم يعجبني على الإطلاق.");
  await expect(text).toHaveCSS("direction", "rtl");
  await expect(page.getByText("Suggested label: pos")).toBeVisible();
  await expect(page.locator(".gradient-maps img, .example-picture img")).toHaveCount(0);

  await page.goto(`${server.url}/audits/${audit}/examples/0?signal=label_issue`);
  await expect(text).toHaveText("A small, warm\nfilm.");
  await expect(text).toHaveCSS("white-space", "pre-wrap");

  await page.goto(`${server.url}/audits/${audit}?tab=training`);
  await expect(page.getByRole("main")).toContainText("external run · 2 epochs · eval pass");
});
