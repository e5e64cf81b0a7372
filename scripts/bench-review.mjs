#!/usr/bin/env node
// How long a reviewer waits: from the press of a key to the next image, on a running server.
//
//   cargo run --release -p unearth-store --example large_audit -- DATA_DIR     prints AUDIT
//   unearth up --data-dir DATA_DIR                                             prints ADDRESS with the token
//   node scripts/bench-review.mjs ADDRESS AUDIT [KEYS [PAUSE]]
//
// It decides with Q on so many examples of the ranking, looking at each for PAUSE milliseconds (500), and prints the
// quantiles in milliseconds: to the frame in which the next image stands decoded on the page. Beside them those of J,
// which goes on without deciding. Needs what `cargo xtask setup` installs, and CHROMIUM_BIN or /usr/bin/chromium.
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../e2e/package.json", import.meta.url))(
  "@playwright/test",
);
const [address, audit, keys = "200", pause = "500"] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_BIN ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.addInitScript(() => {
  localStorage.setItem("unearth-reviewer", "bench");
  globalThis.waited = [];
  addEventListener(
    "keydown",
    () => {
      const pressed = performance.now();
      const before = location.pathname;
      const look = () => {
        const index = location.pathname.split("/").at(-1);
        const image = document.querySelector(`main img[src*="/examples/${index}/image"]`);
        if (location.pathname === before || !image?.complete || image.naturalWidth === 0)
          return requestAnimationFrame(look);
        image
          .decode()
          .then(() => requestAnimationFrame(() => waited.push(performance.now() - pressed)));
      };
      requestAnimationFrame(look);
    },
    true,
  );
});
await page.goto(address);
await page.goto(`${new URL(address).origin}/audits/${audit}`);
await page.locator("[data-index]").first().click();
await page.locator("main img").first().waitFor();

console.log(`${keys} presses, ${pause} ms apart; milliseconds from the key to the next image`);
for (const key of ["q", "j"]) {
  await page.evaluate(() => waited.splice(0));
  for (let pressed = 1; pressed <= Number(keys); pressed += 1) {
    await page.waitForTimeout(Number(pause));
    await page.keyboard.press(key);
    await page.waitForFunction((done) => waited.length >= done, pressed);
  }
  const times = (await page.evaluate(() => waited)).sort((a, b) => a - b);
  const quantile = (share) => times[Math.min(Math.floor(share * times.length), times.length - 1)];
  const told = [0.5, 0.9, 0.99, 1].map((share) => quantile(share).toFixed(0));
  console.log(`${key.toUpperCase()}  median ${told[0]}, 90 % ${told[1]}, 99 % ${told[2]}, longest ${told[3]}`);
}
await browser.close();
