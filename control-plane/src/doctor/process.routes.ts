import { hostname } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Readable } from "node:stream";
import { getHeapSnapshot, getHeapStatistics } from "node:v8";
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { requireAllEnvironments } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import {
  type AppEnv,
  answers,
  fileAnswers,
  jsonBody,
  markSecret,
  needs,
  router,
} from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { Problem } from "../problem.ts";
import { takeProfile } from "./profile.ts";

export interface ProcessParts {
  database: Database;
  version: string;
  /** whether a copy of its memory, which holds its keys, may leave the process */
  heapSnapshots: boolean;
  /** agents whose streams this process holds */
  agentsConnected: () => number;
}

const bytes = (what: string) => z.int().describe(`${what}, in bytes`);
const milliseconds = (what: string) => z.number().describe(`${what}, in milliseconds`);

const systemSchema = z
  .object({
    version: z.string(),
    host: z.string().describe("The name of the machine or container of the process that answers"),
    processId: z.int(),
    startedAt: z.string().describe("ISO 8601, UTC"),
    node: z.string().describe("Its Node.js, such as `v24.1.0`"),
    platform: z.string().describe("Such as `linux-x64`"),
    agentsConnected: z.int().describe("Agents connected to this process"),
    memory: z.object({
      resident: bytes("What the process occupies"),
      heapUsed: bytes("Objects of JavaScript"),
      heapLimit: bytes("How much they may become"),
    }),
    processorSeconds: z.number().describe("Used since its start"),
    eventLoopDelay: z
      .object({
        p50: milliseconds("Median"),
        p99: milliseconds("99 in 100 were shorter"),
        max: milliseconds("The longest"),
      })
      .describe("How long other work held the process up, since the question before this one"),
    database: z.object({
      version: z.string().describe("Of PostgreSQL, such as `17.2`"),
      size: bytes("Of the whole database"),
      connections: z.int().describe("Of all clients to this database"),
      connectionLimit: z.int(),
    }),
    heapSnapshots: z.boolean().describe("Whether `BRIDGEPORT_HEAP_SNAPSHOTS` allows them"),
  })
  .openapi("System");

const tag = "Operations";
const maximumSeconds = 60;

/** The process that answers: how it is, and what it does, for whoever looks for a slowness or a leak. */
export function processRoutes(parts: ProcessParts): OpenAPIHono<AppEnv> {
  const app = router();
  const startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();

  app.openapi(
    createRoute({
      method: "get",
      path: "/system",
      ...needs(
        "admin",
        tag,
        "The process that answers, and its database",
        "Of several replicas whichever is asked. Needs the role in every environment.",
      ),
      responses: answers(systemSchema),
    }),
    async (c) => {
      requireAllEnvironments(c.get("actor"));
      const { rss, heapUsed } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      const ms = (nanoseconds: number) => Math.round(nanoseconds / 10_000) / 100;
      const { max } = delays;
      const eventLoopDelay = {
        ...{ p50: ms(delays.percentile(50)), p99: ms(delays.percentile(99)), max: ms(max) },
      };
      delays.reset();
      return c.json(
        {
          version: parts.version,
          ...{ host: hostname(), processId: process.pid, startedAt, node: process.version },
          platform: `${process.platform}-${process.arch}`,
          agentsConnected: parts.agentsConnected(),
          memory: { resident: rss, heapUsed, heapLimit: getHeapStatistics().heap_size_limit },
          processorSeconds: (user + system) / 1e6,
          eventLoopDelay,
          database: await databaseFigures(parts.database),
          heapSnapshots: parts.heapSnapshots,
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/system/profile",
      ...needs(
        "admin",
        tag,
        "What the process spends its processor time on",
        "Answers when the time is over, with a `.cpuprofile` that the developer tools of Chromium open. Nothing is stopped by it. Needs the role in every environment.",
      ),
      request: {
        body: jsonBody(
          z.strictObject({
            seconds: z
              .number()
              .min(0.1)
              .max(maximumSeconds)
              .default(10)
              .describe("For how long it looks"),
          }),
        ),
      },
      responses: fileAnswers("application/json", "A `.cpuprofile`"),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireAllEnvironments(actor);
      markSecret(c);
      const { seconds } = c.req.valid("json");
      const about = { resourceType: "system", resourceId: null, resourceName: hostname() };
      await audit(parts.database, actor, {
        ...{ action: "profile", ...about, details: { seconds } },
      });
      const profile = await takeProfile(seconds, c.req.raw.signal);
      if (profile === null) {
        const why = "This process is taking a profile already: try again when that is done.";
        throw new Problem("conflict", "profile_under_way", why);
      }
      return c.body(JSON.stringify(profile), 200, download("application/json", "cpuprofile"));
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/system/heap-snapshot",
      ...needs(
        "admin",
        tag,
        "A copy of the process's memory",
        "A `.heapsnapshot` that the developer tools of Chromium open. **It holds every secret that the process knows, its master key too**, and the process stands still while it is written, for a second for each 100 MB or so. So it is refused unless `BRIDGEPORT_HEAP_SNAPSHOTS=on` allows it. Needs the role in every environment.",
      ),
      responses: fileAnswers("application/octet-stream", "A `.heapsnapshot`"),
    }),
    async (c) => {
      const actor = c.get("actor");
      requireAllEnvironments(actor);
      markSecret(c);
      if (!parts.heapSnapshots) {
        throw new Problem(
          "forbidden",
          "heap_snapshots_off",
          "A copy of the memory holds the master key: whoever runs this control plane has to allow it with BRIDGEPORT_HEAP_SNAPSHOTS=on.",
        );
      }
      const about = { resourceType: "system", resourceId: null, resourceName: hostname() };
      await audit(parts.database, actor, { action: "heap_snapshot", ...about });
      const snapshot = Readable.toWeb(getHeapSnapshot()) as ReadableStream;
      return c.body(snapshot, 200, download("application/octet-stream", "heapsnapshot"));
    },
  );

  return app;
}

function download(type: string, extension: string): Record<string, string> {
  const at = new Date().toISOString().replace(/[:.]/g, "-");
  return {
    "Content-Type": type,
    "Content-Disposition": `attachment; filename="bridgeport-${at}.${extension}"`,
  };
}

async function databaseFigures(database: Database) {
  const [row] = await database<
    { version: string; size: string; connections: number; connectionLimit: number }[]
  >`
    select current_setting('server_version') as version,
      pg_database_size(current_database())::text as size,
      (select count(*)::int from pg_stat_activity where datname = current_database()) as connections,
      current_setting('max_connections')::int as connection_limit`;
  if (!row) throw new Error("the database says nothing of itself");
  return { ...row, size: Number(row.size) };
}
