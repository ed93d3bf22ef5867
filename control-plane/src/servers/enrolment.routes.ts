import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Logger } from "pino";
import { from, system } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { type AppEnv, answers, jsonBody, open, router } from "../http/routes.ts";
import { audit } from "../identity/audit.store.ts";
import { Problem } from "../problem.ts";
import { turnedAwayAudit } from "./agent-audit.ts";
import type { Authority } from "./certificate-authority.ts";
import { insertCertificate } from "./certificates.store.ts";
import { markEnrolled, useJoinToken, whyNoJoinToken } from "./join-tokens.store.ts";
import { issuedCertificate } from "./presented-certificate.ts";
import { findServer } from "./servers.store.ts";

export interface EnrolmentDeps {
  database: Database;
  authority: Authority;
  /** where agents reach the gRPC listener, host:port; asked when one enrols */
  agentAddress: () => string;
  log: Pick<Logger, "warn">;
}

const badJoinToken = () =>
  new Problem(
    "unauthenticated",
    "bad_join_token",
    "This join token is unknown, was used already, or has expired: make a new one for the server in the console.",
  );

/**
 * How an agent becomes a server: it shows its join token and a certificate request, and gets a
 * certificate in the name of the server that the token was made for.
 */
export function enrolmentRoutes({
  database,
  authority,
  agentAddress,
  log,
}: EnrolmentDeps): OpenAPIHono<AppEnv> {
  const app = router();
  const turnedAway = turnedAwayAudit(database, log);
  app.openapi(
    createRoute({
      method: "post",
      path: "/agent/enroll",
      ...open(
        "Servers",
        "Enrol an agent",
        "The token is used up by this, and by nothing else. An agent that enrolled for the same server earlier is cut off.",
      ),
      request: {
        body: jsonBody(
          z.object({
            token: z.string().min(1).max(500),
            csr: z.string().min(1).max(16_384).describe("PKCS #10, PEM"),
            hostname: z.string().trim().max(253).optional(),
          }),
        ),
      },
      responses: answers(
        z.object({
          certificate: z.string().describe("PEM"),
          ca: z.string().describe("PEM"),
          serverId: z.string(),
          agentAddr: z.string().describe("host:port of the gRPC listener"),
        }),
      ),
    }),
    async (c) => {
      const { token, csr, hostname } = c.req.valid("json");
      const address = c.get("address") ?? "unknown";
      const enrolled = await transaction(database, async (sql) => {
        const serverId = await useJoinToken(sql, token);
        const server = serverId === null ? null : await findServer(sql, serverId);
        if (!server) return null;
        const generation = await markEnrolled(sql, server.id, hostname || null);
        const identity = { serverId: server.id, generation };
        const certificate = await authority.issueForServer(identity, csr);
        if (certificate === null) {
          // The transaction ends here, so the token can still be used.
          throw new Problem(
            "invalid",
            "bad_certificate_request",
            "csr: must be a PKCS #10 request in PEM, signed by its own ECDSA (P-256 or stronger) or RSA (2048 bits or more) key.",
          );
        }
        await insertCertificate(sql, issuedCertificate(identity, certificate));
        await audit(sql, from(system, c.get("address")), {
          action: "enroll_server",
          resourceType: "server",
          resourceId: server.id,
          resourceName: server.name,
          environmentId: server.environmentId,
          details: { hostname: hostname ?? null, address },
        });
        return { certificate, serverId: server.id };
      });
      if (enrolled === null) {
        const { reason, serverId } = await whyNoJoinToken(database, token);
        await turnedAway({
          action: "refuse_enrolment",
          server: serverId === null ? null : await findServer(database, serverId),
          reason: `the join token is ${reason}`,
          address,
        });
        throw badJoinToken();
      }
      return c.json({ ...enrolled, ca: authority.certificatePem, agentAddr: agentAddress() }, 200);
    },
  );
  return app;
}
