import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StartRefused } from "../start-refused.ts";
import { writeDurably } from "../state/durable-file.ts";

/**
 * How this agent authenticates to its control plane. It is one file, so that key and certificate always
 * belong together.
 */
export interface Identity {
  serverId: string;
  /** the control plane's public address */
  url: string;
  /** host:port of its gRPC, as it announced it; the host may be a wildcard */
  agentAddr: string;
  certificatePem: string;
  /** the only authority whose certificates this agent trusts */
  caPem: string;
  keyPem: string;
  /** fingerprint of the join token that was used */
  joinedWith: string;
}

function identityPath(stateDir: string): string {
  return join(stateDir, "agent.json");
}

/** The identity in the state directory, null if there is none. Throws {@link StartRefused} if it cannot be read. */
export async function loadIdentity(stateDir: string): Promise<Identity | null> {
  const path = identityPath(stateDir);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw new StartRefused(`The agent's identity ${path} cannot be read (${code ?? message}).`);
  }
  const identity = parseIdentity(text);
  if (identity === null) {
    throw new StartRefused(
      `The agent's identity ${path} is damaged: remove the file and start the agent with a new --token.`,
    );
  }
  return identity;
}

/** Replaces the identity; only the agent's user may read it. */
export async function saveIdentity(stateDir: string, identity: Identity): Promise<void> {
  await writeDurably(identityPath(stateDir), `${JSON.stringify(identity, null, 2)}\n`, 0o600);
}

function parseIdentity(text: string): Identity | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = value as Record<string, unknown>;
  const read = (key: keyof Identity): string => {
    const field = fields[key];
    return typeof field === "string" ? field : "";
  };
  const identity: Identity = {
    serverId: read("serverId"),
    url: read("url"),
    agentAddr: read("agentAddr"),
    certificatePem: read("certificatePem"),
    caPem: read("caPem"),
    keyPem: read("keyPem"),
    joinedWith: read("joinedWith"),
  };
  return Object.values(identity).every((field) => field !== "") ? identity : null;
}

/**
 * The address to connect to: the announced one, with the host of the control plane's URL where the
 * announced host is a wildcard.
 */
export function resolveAgentAddr(agentAddr: string, url: string): string {
  const at = agentAddr.lastIndexOf(":");
  const host = agentAddr.slice(0, at).replace(/^\[|\]$/g, "");
  const port = agentAddr.slice(at + 1);
  const isWildcard = host === "" || host === "*" || host === "0.0.0.0" || host === "::";
  // The URL's parser keeps the brackets of an IPv6 host.
  return isWildcard ? `${new URL(url).hostname}:${port}` : agentAddr;
}
