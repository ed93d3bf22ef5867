import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { Hono } from "hono";

interface Asset {
  body: Buffer;
  type: string;
  immutable: boolean;
  /** made on first demand */
  br?: Buffer;
  gzip?: Buffer;
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};
const compressible = /^(text\/|image\/svg|application\/(json|manifest))/;

/**
 * Serves the built console from memory. Every path that is not a file is the console's own
 * route and gets index.html; a missing asset is a 404, so that an old page notices.
 */
export function consoleFiles(directory: string): Hono {
  const assets = readAssets(directory);
  const app = new Hono();
  app.get("*", (c) => {
    const path = c.req.path === "/" ? "/index.html" : c.req.path;
    const asset =
      assets.get(path) ?? (extname(path) === "" ? assets.get("/index.html") : undefined);
    if (!asset) return c.text("Not found", 404);
    c.header("Content-Type", asset.type);
    c.header("Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    c.header("Vary", "Accept-Encoding");
    const accepted = c.req.header("accept-encoding") ?? "";
    if (compressible.test(asset.type) && /\bbr\b/.test(accepted)) {
      asset.br ??= brotliCompressSync(asset.body, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 9 },
      });
      c.header("Content-Encoding", "br");
      return c.body(new Uint8Array(asset.br));
    }
    if (compressible.test(asset.type) && /\bgzip\b/.test(accepted)) {
      asset.gzip ??= gzipSync(asset.body);
      c.header("Content-Encoding", "gzip");
      return c.body(new Uint8Array(asset.gzip));
    }
    return c.body(new Uint8Array(asset.body));
  });
  return app;
}

function readAssets(directory: string): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  if (!existsSync(directory)) return assets;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith(".")) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(directory, file).split(sep).join("/")}`;
    assets.set(path, {
      body: readFileSync(file),
      type: types[extname(entry.name)] ?? "application/octet-stream",
      // Vite puts a hash of the content into these names.
      immutable: path.startsWith("/assets/"),
    });
  }
  return assets;
}
