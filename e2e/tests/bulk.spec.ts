import { get, tiles } from "../support/reading";
import { expectAccessible } from "../support/screen";
import { expect, finishedAudit, test } from "../support/test";

const RECIPE = { model: "cnn-s", epochs: 2, checkpoints: 2, lr: 0.03 };

test("many are decided on at once, in exact numbers, and undone as one", async ({
  page,
  server,
  api,
  dataset,
}) => {
  test.setTimeout(180_000);
  const id = await finishedAudit(api, dataset, RECIPE);
  const review = () => get(api, `/v1/audits/${id}/review`);
  const standing = async (word: string) =>
    (await review()).standings.find((one: { standing: string }) => one.standing === word).examples;
  const progress = page.getByRole("region", { name: "Review so far" });
  const opener = page.getByRole("button", { name: "Decide on all of these…" });
  const dialog = page.getByRole("dialog");

  await page.goto(`${server.url}/audits/${id}?label=disc`);
  await expect(progress).toContainText("0 of the hardest 67 reviewed.");
  await expect(progress).toContainText("0 of 201 examples decided");

  await test.step("the number is told, and a name wanted", async () => {
    await opener.click();
    await expect(dialog).toContainText("Decide on 67 examples at once");
    await expectAccessible(page);
    const exclude = dialog.getByRole("button", { name: "Exclude 67 examples" });
    await expect(exclude).toBeDisabled();
    await dialog.getByLabel("Reviewer").fill("Ada");
    await exclude.click();
    await expect(page.getByText("Decided on 67 examples.")).toBeVisible();
    await expect(tiles(page).first()).toContainText("excluded");
    await expect(progress).toContainText("67 of the hardest 67 reviewed, 67 changed.");
    await expect(progress).toContainText("67 of 201 examples decided, 67 by you");
    expect(await standing("exclude")).toBe(67);
  });

  await test.step("it is undone as one", async () => {
    await page.getByRole("button", { name: "Undo all of it" }).click();
    await expect(page.getByText("Taken back, of 67 examples.")).toBeVisible();
    await expect(tiles(page).first()).not.toContainText("excluded");
    await expect(progress).toContainText("0 of 201 examples decided");
    expect(await standing("undecided")).toBe(201);
  });

  await test.step("nothing is decided where the number has changed", async () => {
    await page.goto(`${server.url}/audits/${id}?label=disc&standing=undecided`);
    await expect(page.getByText("67 of 201 examples", { exact: true })).toBeVisible();
    const { items } = await get(api, `/v1/audits/${id}/examples?label=disc&limit=1`);
    const data = { reviewer: "Bo", decision: "second_look", examples: [items[0].index] };
    expect((await api.post(`/v1/audits/${id}/decisions`, { data })).status()).toBe(201);
    await opener.click();
    await dialog.getByLabel("Decision").selectOption("Give all of them one class");
    await dialog.getByLabel("Class").fill("checks");
    await dialog.getByRole("button", { name: "Relabel 67 examples" }).click();
    await expect(dialog.getByRole("alert")).toContainText("66");
    expect(await standing("relabel")).toBe(0);
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.reload();
    await progress.getByRole("link", { name: /1 second look/ }).click();
    await expect(tiles(page)).toHaveCount(1);
  });
});

test("groups have queues of their own", async ({ page, server, grouped, api }) => {
  await page.goto(`${server.url}/audits/${grouped}`);
  await page.getByText("Queues by group").click();
  const progress = page.getByRole("region", { name: "Review so far" });
  await progress.getByRole("link", { name: "west" }).click();
  await expect(page).toHaveURL(/standing=undecided/);
  await expect(page).toHaveURL(/group=west/);
  const found = await get(api, `/v1/audits/${grouped}/examples?group=west&standing=undecided`);
  await expect(page.getByText(`${found.matching} of `, { exact: false }).first()).toBeVisible();
});
