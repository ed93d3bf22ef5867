import { type CommandBody, type CommandKind, isGuardName, matches } from "@bridgeport/proto";
import { inPrivileged, type Power, type PowerRule } from "@bridgeport/proto/powers";
import type { HostPolicy } from "../host-policy.ts";
import { matchesImage, wholeImageName } from "./image-names.ts";
import { matchesPath } from "./pattern.ts";
import { type SignatureRule, signatureRefusal } from "./signature-rules.ts";

/**
 * What the owner of this host allows a control plane to do here. It is a file on the host, which no
 * message of the control plane can change.
 */
export interface Policy extends PolicyRules {
  /** where it is read from, whether or not there is a file */
  path: string;
  /** SHA-256 of the file in hexadecimal; null: there is none */
  sha256: string | null;
  /** the agent's own files and directories, which no container gets */
  ownPaths: readonly string[];
}

/** What `allow` names: kinds of commands, and that the control plane may replace the agent's program. */
export type AllowedKind = CommandKind | "upgrade";

/** What the file says. */
export interface PolicyRules {
  /** kinds of commands that are carried out; null: all */
  allow: readonly AllowedKind[] | null;
  /** patterns of image names, without tag and digest, that may be pulled and run; null: all */
  images: readonly string[] | null;
  /** patterns of image names that may be neither pulled nor run, also where `images` names them */
  denyImages: readonly string[];
  /** patterns of names of containers that may be neither changed nor read */
  denyContainers: readonly string[];
  /** patterns of labels, `key` or `key=value`: containers that carry one are protected, too */
  denyLabels: readonly string[];
  /** images that run only if they are signed; an image that several of them name has to meet each */
  signatures: readonly SignatureRule[];
  /** what containers may get although no container that they replace has it */
  containers: readonly Grant[];
}

export interface Grant {
  /** pattern of container names */
  containers: string;
  /** patterns of the values of each rule */
  powers: Readonly<Partial<Record<PowerRule, readonly string[]>>>;
}

export const defaultPolicyPath = "/etc/bridgeport/agent-policy.yaml";

export const openRules: PolicyRules = {
  allow: null,
  images: null,
  denyImages: [],
  denyContainers: [],
  denyLabels: [],
  signatures: [],
  containers: [],
};

/** The policy of a host without a file. */
export const openPolicy: Policy = {
  ...openRules,
  path: defaultPolicyPath,
  sha256: null,
  ownPaths: [],
};

/** Why the policy forbids a command: a sentence; null if it does not. */
export function refusal(policy: Policy, body: CommandBody): string | null {
  // Cancelling a command that was allowed is always allowed.
  if (body.kind === "cancel") return null;
  const change = `its owner can change that in ${policy.path}.`;
  if (policy.allow !== null && !policy.allow.includes(body.kind)) {
    return `The policy of this server does not allow "${body.kind}" commands (allow): ${change}`;
  }
  for (const name of containerNames(body)) {
    if (isGuardName(name)) {
      return `The container "${name}" only keeps an image while others are pruned, and is no service's.`;
    }
    if (!isProtected(policy, name)) continue;
    return `The policy of this server protects the container "${name}" (denyContainers): ${change}`;
  }
  for (const { name, labels } of specifiedLabels(body)) {
    const forbidden = labelRefusal(policy, name, labels);
    if (forbidden !== null) return forbidden;
  }
  const reference = "reference" in body ? body.reference : null;
  if (reference === null) return null;
  const image = wholeImageName(reference);
  const denied = policy.denyImages.find((pattern) => matchesImage(pattern, image));
  if (denied !== undefined) {
    return `The policy of this server forbids the image ${image} (denyImages: ${denied}): ${change}`;
  }
  if (policy.images !== null && !policy.images.some((pattern) => matchesImage(pattern, image))) {
    return `The policy of this server does not allow the image ${image} (images): ${change}`;
  }
  return null;
}

/** Why the policy forbids the control plane to upgrade this agent; null if it does not. */
export function upgradeRefusal({ allow, path }: Policy): string | null {
  if (allow === null || allow.includes("upgrade")) return null;
  return `The policy of this server does not allow "upgrade" (allow): its owner can change that in ${path}, or upgrade the agent there.`;
}

function isProtected(policy: PolicyRules, containerName: string): boolean {
  return policy.denyContainers.some((pattern) => matches(pattern, containerName));
}

/** Why the policy forbids to read a container's log; null if it does not. */
export function logRefusal(policy: Policy, containerName: string): string | null {
  return refusal(policy, { kind: "logs", containerName, tail: 0, since: null });
}

/** Why the policy protects a container that carries these labels; null if it does not. */
export function labelRefusal(
  policy: Policy,
  containerName: string,
  labels: Readonly<Record<string, unknown>>,
): string | null {
  const denied = policy.denyLabels.find((pattern) => matchesLabel(pattern, labels));
  if (denied === undefined) return null;
  return `The policy of this server protects the container "${containerName}" by a label (denyLabels: ${denied}): its owner can change that in ${policy.path}.`;
}

function matchesLabel(pattern: string, labels: Readonly<Record<string, unknown>>): boolean {
  const [key = "", ...rest] = pattern.split("=");
  const wanted = rest.length === 0 ? null : rest.join("=");
  return Object.entries(labels).some(
    ([name, value]) =>
      matches(key, name) && (wanted === null || matches(wanted, String(value ?? ""))),
  );
}

/** The labels that a command would give to containers. */
function specifiedLabels(body: CommandBody): { name: string; labels: Record<string, unknown> }[] {
  const planned = body.kind === "pull" ? body.containers : "spec" in body ? [body] : [];
  return planned.map(({ containerName: name, spec }) => ({
    name,
    labels: { ...(spec?.Labels as Record<string, unknown> | null | undefined) },
  }));
}

/** The containers that a command is about. */
export function containerNames(body: CommandBody): string[] {
  if ("containerName" in body) return [body.containerName];
  if (body.kind === "pull") return body.containers.map((planned) => planned.containerName);
  return [];
}

/** The policy as it is asked while a container is replaced or created. */
export function hostPolicyOf(policy: Policy): HostPolicy {
  return {
    path: policy.path,
    ownPaths: policy.ownPaths,
    isProtected: (containerName) => isProtected(policy, containerName),
    labelRefusal: (containerName, labels) => labelRefusal(policy, containerName, labels),
    signatureRefusal: (reference, brought) =>
      signatureRefusal(policy.signatures, policy.path, reference, brought),
    allows: (containerName, power) =>
      policy.containers.some(
        (grant) => matches(grant.containers, containerName) && grants(grant, power),
      ),
  };
}

function grants({ powers }: Grant, { rule, value }: Power): boolean {
  if (inPrivileged.has(rule) && powers.privileged !== undefined) return true;
  const patterns = powers[rule] ?? [];
  if (rule === "mounts") return patterns.some((pattern) => grantsMount(pattern, value));
  if (rule === "devices") {
    return patterns.some(
      (one) => matches(one, value) || matches(one, value.replace(/:[rwm]+$/, "")),
    );
  }
  const all = rule === "capabilities" && patterns.includes("ALL");
  return all || patterns.some((pattern) => matches(pattern, value));
}

/** `/srv/web` allows to write there and to read, `/srv/web:ro` to read. Propagation has to be named. */
function grantsMount(pattern: string, value: string): boolean {
  const allowed = splitMount(pattern);
  const wanted = splitMount(value);
  if (allowed.options.has("ro") && !wanted.options.has("ro")) return false;
  for (const option of wanted.options) {
    if (option !== "ro" && !allowed.options.has(option)) return false;
  }
  // What is no path, such as the volumes of another container, is matched as a text.
  const isPath = wanted.source.startsWith("/");
  return (isPath ? matchesPath : matches)(allowed.source, wanted.source);
}

function splitMount(text: string): { source: string; options: ReadonlySet<string> } {
  const match = /^(\/[^:]*|volumes-from=[^:]*):([a-z,]+)$/.exec(text);
  if (match === null) return { source: text, options: new Set() };
  return { source: match[1] ?? "", options: new Set((match[2] ?? "").split(",")) };
}
