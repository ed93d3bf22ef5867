import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { requireAllEnvironments } from "../actor.ts";
import type { TlsFiles } from "../config.ts";
import type { Database } from "../database/connection.ts";
import type { Schema } from "../database/migrate.ts";
import { type AppEnv, answers, needs, router } from "../http/routes.ts";
import type { Secrets } from "../secrets.ts";
import { auditWindow, databaseChecks } from "./database-checks.ts";
import { databaseFacts, registryFacts, serverFacts } from "./doctor.store.ts";
import { registryCheck, serverCheck } from "./fleet-checks.ts";
import { diskCheck, proxyCheck, tlsCheck } from "./host-checks.ts";

const checkSchema = z
  .object({
    id: z.string().describe("Stable; of a server or registry with its id behind a colon"),
    title: z.string(),
    status: z.enum(["ok", "warning", "error"]),
    detail: z.string().describe("What was found"),
    advice: z.string().nullable().describe("What to do; null: nothing"),
  })
  .openapi("DoctorCheck");

export interface DoctorParts {
  database: Database;
  secrets: Secrets;
  schema: Schema;
  dataDir: string;
  /** null: TLS is not ours */
  tls: TlsFiles | null;
  publicUrl: string;
  version: string;
}

/** What is wrong with the installation. No registry and no agent is asked for it. */
export function doctorRoutes(parts: DoctorParts): OpenAPIHono<AppEnv> {
  const app = router();

  app.openapi(
    createRoute({
      method: "get",
      path: "/doctor",
      ...needs(
        "admin",
        "Operations",
        "Look for what is wrong with the installation",
        "Of what is known already: no registry and no agent is asked. Needs the role in every environment.",
      ),
      request: {
        query: z.object({
          full: z
            .enum(["true", "false"])
            .default("false")
            .describe(
              `Whether every entry of the audit is verified, not the newest ${auditWindow} alone`,
            ),
        }),
      },
      responses: answers(z.object({ checks: z.array(checkSchema) })),
    }),
    async (c) => {
      requireAllEnvironments(c.get("actor"));
      const { database, secrets, schema, dataDir, version } = parts;
      const facts = await databaseFacts(database, schema, {
        auditEntries: c.req.valid("query").full === "true" ? null : auditWindow,
      });
      const servers = await serverFacts(database);
      const registries = await registryFacts(database);
      const now = Date.now();
      const keys = { ids: secrets.keyIds(), where: "this control plane" };
      const checks = [
        ...databaseChecks(facts, keys, now),
        diskCheck(dataDir),
        ...tlsCheck(parts.tls, parts.publicUrl, now),
        proxyCheck(process.env),
        ...servers.map((server) => serverCheck(server, version, now)),
        ...registries.map(registryCheck),
      ];
      return c.json({ checks }, 200);
    },
  );

  return app;
}
