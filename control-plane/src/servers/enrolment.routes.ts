import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { type AppEnv, answers, jsonBody, open, router } from "../http/routes.ts";
import { turnedAwayAudit } from "./agent-audit.ts";
import type { Authority } from "./certificate-authority.ts";
import { enrolAgent, enrolmentSchema } from "./enrol.ts";

export interface EnrolmentDeps {
  database: Database;
  authority: Authority;
  /** where agents reach the gRPC listener, host:port; asked when one enrols */
  agentAddress: () => string;
  log: Pick<Logger, "warn">;
}

const tag = "Servers";
const pem = z.string().describe("PEM");
const agentAddr = z.string().describe("host:port of the gRPC listener");

/**
 * How an agent becomes a server: it shows its join token and a certificate request, and gets a
 * certificate in the name of the server that the token was made for. Agents do so at the gRPC listener,
 * by TLS that their token pins; those of an earlier version do so here.
 */
export function enrolmentRoutes({
  database,
  authority,
  agentAddress,
  log,
}: EnrolmentDeps): OpenAPIHono<AppEnv> {
  const app = router();
  const parts = { database, authority, turnedAway: turnedAwayAudit(database, log) };

  app.openapi(
    createRoute({
      method: "get",
      path: "/agent/authority",
      ...open(
        tag,
        "Where agents enrol",
        "An agent believes one of these certificates only if its SHA-256 is the one in its join token. It then enrols at the gRPC listener, by TLS with that authority: `Enroll` of `proto/bridgeport/agent/v1/agent.proto`.",
      ),
      responses: answers(
        z.object({
          ca: pem.describe("PEM of the authority that issues certificates"),
          trusted: z.array(pem).describe("All authorities that are trusted, that one first"),
          agentAddr,
        }),
      ),
    }),
    (c) => {
      const trusted = authority.trusted.map(({ certificatePem }) => certificatePem);
      return c.json({ ca: authority.certificatePem, trusted, agentAddr: agentAddress() }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/agent/enroll",
      ...open(
        tag,
        "Enrol an agent",
        "The token is used up by this, and by nothing else. An agent that enrolled for the same server earlier is cut off. Over plain http the token can be read on the way: agents of this version enrol at the gRPC listener instead.",
      ),
      request: { body: jsonBody(enrolmentSchema) },
      responses: answers(z.object({ certificate: pem, ca: pem, serverId: z.string(), agentAddr })),
    }),
    async (c) => {
      const enrolled = await enrolAgent(parts, {
        ...c.req.valid("json"),
        address: c.get("address") ?? "unknown",
        byPinned: true,
      });
      const { certificatePem: certificate, caPem: ca, serverId } = enrolled;
      return c.json({ certificate, ca, serverId, agentAddr: agentAddress() }, 200);
    },
  );
  return app;
}
