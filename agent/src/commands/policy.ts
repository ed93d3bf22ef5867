import { readFile } from "node:fs/promises";
import type { CommandBody, CommandKind } from "@bridgeport/proto";
import { StartRefused } from "../start-refused.ts";

/**
 * What the owner of this host allows a control plane to do here. It is a file on the host, which no
 * message of the control plane can change.
 */
export interface Policy {
  /** kinds of commands that are carried out; null: all */
  allow: readonly CommandKind[] | null;
  /** patterns of image names, without tag and digest, that may be pulled and run; null: all */
  images: readonly string[] | null;
  /** patterns of names of containers that may be neither changed nor read */
  denyContainers: readonly string[];
}

export const openPolicy: Policy = { allow: null, images: null, denyContainers: [] };

const kinds: Record<CommandKind, true> = {
  pull: true,
  run: true,
  rollback: true,
  commit: true,
  prune: true,
  prune_estimate: true,
  probe: true,
  lifecycle: true,
  cancel: true,
  logs: true,
};

/**
 * Reads the policy file; without one everything is allowed. Throws {@link StartRefused} for one that is
 * not valid.
 */
export async function readPolicy(path: string): Promise<Policy> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return openPolicy;
    throw new StartRefused(`The policy file ${path} cannot be read (${code ?? message}).`);
  }
  const parsed = parsePolicy(text);
  if (typeof parsed === "string") {
    throw new StartRefused(`The policy file ${path} is not valid: ${parsed}`);
  }
  return parsed;
}

/** The policy in `text`, or a sentence about what is wrong with it. A policy is never applied in part. */
export function parsePolicy(text: string): Policy | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `it is not JSON (${error instanceof Error ? error.message : String(error)}).`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "it must be an object with allow, images or denyContainers.";
  }
  const { allow, images, denyContainers, ...others } = value as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    return `"${unknown}" is not a setting; there are allow, images and denyContainers.`;
  }
  if (allow !== undefined && !areNonEmptyStrings(allow))
    return `"allow" must be a list of command kinds.`;
  const unknownKind = allow?.find((kind) => !Object.hasOwn(kinds, kind));
  if (unknownKind !== undefined) {
    return `"allow" names "${unknownKind}"; the kinds are ${Object.keys(kinds).join(", ")}.`;
  }
  if (images !== undefined && !areNonEmptyStrings(images))
    return `"images" must be a list of image names.`;
  if (denyContainers !== undefined && !areNonEmptyStrings(denyContainers)) {
    return `"denyContainers" must be a list of container names.`;
  }
  return {
    allow: (allow as CommandKind[] | undefined) ?? null,
    images: images ?? null,
    denyContainers: denyContainers ?? [],
  };
}

function areNonEmptyStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "");
}

/** Why the policy forbids a command: a sentence; null if it does not. */
export function refusal(policy: Policy, body: CommandBody): string | null {
  // Cancelling a command that was allowed is always allowed.
  if (body.kind === "cancel") return null;
  if (policy.allow !== null && !policy.allow.includes(body.kind)) {
    return `The policy of this server does not allow "${body.kind}" commands: its owner can change policy.json in the agent's state directory.`;
  }
  for (const name of containerNames(body)) {
    if (!isProtected(policy, name)) continue;
    return `The policy of this server protects the container "${name}": its owner can change policy.json in the agent's state directory.`;
  }
  const reference = "reference" in body ? body.reference : null;
  if (reference !== null && policy.images !== null) {
    const spellings = imageNames(reference);
    const allowed = policy.images.some((pattern) =>
      spellings.some((spelling) => matches(pattern, spelling)),
    );
    if (!allowed) {
      return `The policy of this server does not allow the image ${spellings[0]}: its owner can change policy.json in the agent's state directory.`;
    }
  }
  return null;
}

/**
 * Whether the policy forbids any change to a container of this name, also where another container's deploy
 * needs it.
 */
export function isProtected(policy: Policy, containerName: string): boolean {
  return policy.denyContainers.some((pattern) => matches(pattern, containerName));
}

/** Why the policy forbids to read a container's log; null if it does not. */
export function logRefusal(policy: Policy, containerName: string): string | null {
  return refusal(policy, { kind: "logs", containerName, tail: 0, since: null });
}

function containerNames(body: CommandBody): string[] {
  if ("containerName" in body) return [body.containerName];
  if (body.kind === "pull") return body.containers.map((planned) => planned.containerName);
  return [];
}

/** All spellings of an image's name: `nginx` is also `docker.io/library/nginx`. */
function imageNames(reference: string): string[] {
  const name = reference.split("@")[0] ?? "";
  const slash = name.lastIndexOf("/");
  const colon = name.indexOf(":", slash + 1);
  const written = colon < 0 ? name : name.slice(0, colon);
  const first = written.split("/")[0] ?? "";
  // As the engine reads it: a path has no capital letter, so what has one is a host.
  const hasHost = written.includes("/") && (/[.:A-Z]/.test(first) || first === "localhost");
  if (!hasHost) {
    return [written, `docker.io/${written.includes("/") ? written : `library/${written}`}`];
  }
  if (first === "docker.io" || first === "index.docker.io") {
    const path = written.slice(first.length + 1);
    const short = path.startsWith("library/") ? path.slice("library/".length) : path;
    return [written, short, `docker.io/${path.includes("/") ? path : `library/${path}`}`];
  }
  return [written];
}

/** `*` stands for any number of characters, nothing else is special. No pattern makes it backtrack. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  const [first = ""] = parts;
  if (parts.length === 1) return text === pattern;
  const last = parts.at(-1) ?? "";
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
