// Writes the API's description for those who are built against it: the typed client.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import pino from "pino";
import { apiRoutes } from "./api-routes.ts";
import { createApp, openApiDocument } from "./http/app.ts";
import { version } from "./version.ts";

const nothing = {} as never;
const app = createApp({
  database: nothing,
  secrets: nothing,
  log: pino({ level: "silent" }),
  version,
  routes: apiRoutes(nothing),
  answered() {},
  live: new Hono(),
  health: new Hono(),
  console: new Hono(),
});
const file = fileURLToPath(new URL("../../client/openapi.json", import.meta.url));
writeFileSync(file, `${JSON.stringify(openApiDocument(app, version), null, 2)}\n`);
process.exit(0);
