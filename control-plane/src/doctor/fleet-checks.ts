import { type Check, checkOf, diskSpace, expiry, failure, warning } from "./check.ts";

/** What is known of a server without asking it. */
export interface ServerFacts {
  id: string;
  name: string;
  environmentName: string;
  status: "pending" | "online" | "offline";
  agentVersion: string | null;
  lastSeenAt: Date | null;
  revokedAt: Date | null;
  certificateExpiresAt: Date | null;
  /** how far its agent's clock was ahead of ours when it connected; null: not known */
  clockOffsetMs: number | null;
  host: {
    engineAvailable: boolean;
    engineError: string | null;
    dockerVersion: string | null;
    apiVersion: string | null;
    diskFreeBytes: number;
    storageDriver?: string;
  } | null;
}

export interface RegistryFacts {
  id: string;
  name: string;
  environmentName: string;
  lastError: string | null;
  /** for all of its images, or for one of them; null: never */
  answeredAt: Date | null;
}

/** Below this, an engine lacks what deployments use. */
const oldestApi = [1, 40];
/** An agent renews at half of a year: one that has not by then cannot. */
const certificateSoonDays = 60;

/** Deadlines are told with the time of now, so that they bear it; times in logs and certificates' beginnings do not. */
const mostClockOffsetMs = 30_000;

/** @param version the control plane's own */
export function serverCheck(server: ServerFacts, version: string, now: number): Check {
  const { id, name, environmentName, status, host, revokedAt } = server;
  const title = `Server ${name} (${environmentName})`;
  const storage = host?.storageDriver ? `, ${host.storageDriver}` : "";
  const engine = `${host?.dockerVersion ?? "unknown"}, API ${host?.apiVersion ?? "unknown"}${storage}`;
  const offset = server.clockOffsetMs ?? 0;
  const fine =
    status === "pending"
      ? "Waits for its agent."
      : `Agent ${server.agentVersion ?? "unknown"}, Docker ${engine}.`;
  return checkOf(`server:${id}`, title, fine, [
    revokedAt === null
      ? null
      : warning(
          "Its certificates are revoked.",
          "When the host is in order, make a new join command on its page and run it there.",
        ),
    status === "pending"
      ? warning(
          "No agent has ever connected.",
          "Run its join command there; a new one is on the server's page.",
        )
      : null,
    status === "offline" && revokedAt === null
      ? failure(
          `Its agent is not connected${server.lastSeenAt ? `, since ${server.lastSeenAt.toISOString()}` : ""}.`,
          "Look at the agent's log on that host: it says why, and what to do.",
        )
      : null,
    status === "online" && host?.engineAvailable === false
      ? failure(
          `Its Docker Engine cannot be used: ${host.engineError ?? "it does not answer"}.`,
          "Start the engine there, or give the agent's user the right to its socket (group docker).",
        )
      : null,
    host?.apiVersion && older(host.apiVersion, oldestApi)
      ? warning(`Its engine is old (${engine}).`, "Upgrade Docker there to 20.10 or newer.")
      : null,
    status === "online" && server.agentVersion !== null && server.agentVersion !== version
      ? warning(
          `Its agent has version ${server.agentVersion}, the control plane ${version}.`,
          "Upgrade the agent: they differ by one version at most.",
        )
      : null,
    server.certificateExpiresAt && revokedAt === null && status !== "pending"
      ? expiry(server.certificateExpiresAt, now, certificateSoonDays, {
          what: "Its agent's certificate",
          advice:
            "An agent renews it by itself while it is connected; if it does not, make a new join command and join again.",
        })
      : null,
    Math.abs(offset) > mostClockOffsetMs
      ? warning(
          `Its clock was ${Math.round(Math.abs(offset) / 1000)} s ${offset > 0 ? "ahead" : "behind"} when its agent connected.`,
          "Set it by NTP (chrony or systemd-timesyncd) and restart the agent.",
        )
      : null,
    diskSpace(
      host?.diskFreeBytes ?? 0,
      "where its engine keeps images",
      "Prune images on the server's page, or give it a larger disk.",
    ),
  ]);
}

/** By the last answer: no registry is asked for this. */
export function registryCheck(registry: RegistryFacts): Check {
  const { id, name, environmentName, lastError, answeredAt } = registry;
  const fine = answeredAt
    ? `Answered at ${answeredAt.toISOString()}.`
    : "Has not answered yet: it is asked for the first time when an image uses it.";
  return checkOf(`registry:${id}`, `Registry ${name} (${environmentName})`, fine, [
    lastError === null
      ? null
      : warning(lastError, "Test the connection on the page of registries, and correct it."),
  ]);
}

function older(version: string, than: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, least] of than.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
