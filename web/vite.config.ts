import { defineConfig } from "vite";

/** Where `npm run dev` finds a running Unearth. */
const SERVER = "http://127.0.0.1:8080";

export default defineConfig({
  build: { target: "es2022", assetsInlineLimit: 0 },
  server: { proxy: { "/v1": SERVER, "/login": SERVER, "/docs": SERVER } },
});
