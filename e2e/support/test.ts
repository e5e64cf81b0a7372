import { type APIRequestContext, test as base, expect, type Page } from "@playwright/test";
import { groupedZip, imageFolderZip } from "./images";
import { loginLink } from "./reading";
import { type Server, startServer } from "./server";

/** Recipe of the small audit that most tests look at. */
const SMALL = { model: "cnn-s", epochs: 3, checkpoints: 3 };

/** Everything that an audit can be asked for beside its recipe; enough probes for rates of groups. */
const GROUPED = { model: "cnn-s", epochs: 4, checkpoints: 2, batch_size: 32 };
const ASKED = { seeds: 2, archaeology: { suite_size: 90 } };

interface Shared {
  server: Server;
  api: APIRequestContext;
  /** Id of the validated dataset. */
  dataset: string;
  /** Id of the small audit, finished. */
  audit: string;
  /** Id of a finished audit with groups, two seeds and an archaeology. */
  grouped: string;
}

export const test = base.extend<{ page: Page; stranger: Page }, Shared>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from the pattern.
    async ({}, use) => {
      const server = await startServer();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  api: [
    async ({ playwright, server }, use) => {
      const api = await playwright.request.newContext({
        baseURL: server.url,
        extraHTTPHeaders: { Authorization: `Bearer ${server.token}` },
      });
      await use(api);
      await api.dispose();
    },
    { scope: "worker" },
  ],
  dataset: [
    async ({ api }, use) => {
      await use(await upload(api, "patterns.zip", imageFolderZip()));
    },
    { scope: "worker", timeout: 120_000 },
  ],
  audit: [
    async ({ api, dataset }, use) => {
      await use(await finishedAudit(api, dataset, SMALL));
    },
    { scope: "worker", timeout: 180_000 },
  ],
  grouped: [
    async ({ api }, use) => {
      const dataset = await upload(api, "grouped.zip", groupedZip());
      await use(await finishedAudit(api, dataset, GROUPED, ASKED));
    },
    { scope: "worker", timeout: 240_000 },
  ],
  /** A signed-in page that must not break the content policy or throw. */
  page: async ({ page, api, server }, use) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) faults.push(message.text());
    });
    await page.goto(await loginLink(api, server.url));
    await use(page);
    expect(faults).toEqual([]);
  },
  /** A page of somebody without a token. */
  stranger: async ({ browser }, use) => {
    const context = await browser.newContext();
    await use(await context.newPage());
    await context.close();
  },
});

export { expect };

/** Id of the dataset, once it is ready. */
export async function upload(
  api: APIRequestContext,
  name: string,
  zip: Uint8Array,
): Promise<string> {
  const answer = await api.post(`/v1/datasets?name=${name}`, {
    headers: { "content-type": "application/zip" },
    data: Buffer.from(zip),
  });
  expect(answer.status(), await answer.text()).toBe(202);
  const { id } = await answer.json();
  await reaches(api, `/v1/datasets/${id}`, "ready");
  return id;
}

export async function startAudit(
  api: APIRequestContext,
  dataset: string,
  recipe: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Promise<string> {
  const answer = await api.post("/v1/audits", {
    data: { dataset_id: dataset, recipe, ...more },
  });
  expect(answer.status(), await answer.text()).toBe(202);
  return (await answer.json()).id;
}

/** Id of an audit that has succeeded. */
export async function finishedAudit(...asked: Parameters<typeof startAudit>): Promise<string> {
  const id = await startAudit(...asked);
  await reaches(asked[0], `/v1/audits/${id}`, "succeeded");
  return id;
}

export async function reaches(
  api: APIRequestContext,
  address: string,
  state: string,
): Promise<void> {
  const seen = async () => {
    const body = await (await api.get(address)).json();
    return body.state === "failed" ? JSON.stringify(body) : body.state;
  };
  await expect.poll(seen, { timeout: 120_000 }).toBe(state);
}
