import type { Connection, RegistryConnections } from "./connections.ts";
import type { RegistryFailure } from "./outcome.ts";

/** What trying out a registry connection came to. */
export interface ConnectionTest {
  ok: boolean;
  /** a sentence: what was proved, or what failed and what to do */
  message: string;
  latencyMs: number;
  /** null: none failed */
  failedStep: "credentials" | "connect" | "login" | "read" | null;
}

/**
 * Tries out a connection step by step: is there a registry, does it let the account in, may the
 * account read one of the repositories that are used. The token service that it names now gets the
 * credentials from then on.
 *
 * @param repository one of an image that is linked; null: there is none, and logging in is all
 * that can be tried
 */
export async function testConnection(
  connections: RegistryConnections,
  connection: Connection,
  repository: string | null,
): Promise<ConnectionTest> {
  const started = performance.now();
  const latencyMs = () => Math.round(performance.now() - started);
  const opened = await connections.open(connection, { fresh: true });
  if (!opened.ok) {
    const failedStep = opened.kind === "unreachable" ? "connect" : "credentials";
    return { ok: false, message: opened.message, latencyMs: latencyMs(), failedStep };
  }
  const { client } = opened.value;
  const reached = await client.ping();
  const answeredIn = latencyMs();
  if (!reached.ok) {
    return {
      ok: false,
      message: reached.message,
      latencyMs: answeredIn,
      failedStep: stepOf(reached),
    };
  }
  const { domain } = client.endpoint;
  if (repository === null) {
    return {
      ok: true,
      message: `${domain} answers and accepts this connection. Link an image to try out reading it.`,
      latencyMs: answeredIn,
      failedStep: null,
    };
  }
  const read = await client.listTags(repository);
  if (!read.ok && read.kind === "not_found") {
    return {
      ok: true,
      message: `${domain} answers and accepts this connection, but has no repository ${repository} yet.`,
      latencyMs: answeredIn,
      failedStep: null,
    };
  }
  if (!read.ok) {
    return {
      ok: false,
      message: `${domain} accepts this connection, but the tags of ${repository} cannot be listed: ${read.message}${read.kind === "forbidden" ? " Exact names in an image's tag filter are checked all the same, if the account may pull." : ""}`,
      latencyMs: answeredIn,
      failedStep: "read",
    };
  }
  return {
    ok: true,
    message: `${domain} answers, accepts this connection and lets it read ${repository} (${read.value.length} tags).`,
    latencyMs: answeredIn,
    failedStep: null,
  };
}

function stepOf(failed: RegistryFailure): ConnectionTest["failedStep"] {
  return failed.kind === "unauthorized" || failed.kind === "forbidden" ? "login" : "connect";
}
