import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig, type Plugin } from "vite";

/** In the head, the style sheet would hold back the first screen of index.html, which does without it. */
const styleSheetAfterFirstScreen: Plugin = {
  name: "style-sheet-after-first-screen",
  transformIndexHtml: {
    order: "post",
    handler(html) {
      const links = html.match(/<link rel="stylesheet"[^<>]*>/g) ?? [];
      const without = links.reduce((text, link) => text.replace(link, ""), html);
      return without.replace("</body>", `${links.join("")}</body>`);
    },
  },
};

// The control plane serves `dist` below / under a policy that allows scripts of its own
// origin only: nothing may be inlined as a data: script, nothing comes from elsewhere.
export default defineConfig({
  plugins: [tailwindcss(), svelte(), styleSheetAfterFirstScreen],
  resolve: { alias: { $lib: new URL("./src/lib", import.meta.url).pathname } },
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What most pages use is one file: a dozen of half a kilobyte each cost as much in headers.
        codeSplitting: {
          groups: [
            { name: "parts", test: /\/web\/src\/lib\/(?!forms\/)|@lucide/, minShareCount: 4 },
          ],
        },
      },
    },
  },
  server: {
    // BRIDGEPORT_API: a running control plane to develop against
    proxy: { "/api": { target: process.env.BRIDGEPORT_API ?? "http://127.0.0.1:3000", ws: true } },
  },
});
