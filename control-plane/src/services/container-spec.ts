import type { ContainerSpec } from "@bridgeport/proto";
import type { z } from "zod";
import type { ProblemDetail } from "../problem.ts";
import {
  engineFields,
  type ports,
  type shortFields,
  specSchema,
  type volumes,
} from "./spec-schema.ts";

/*
 * What a person says a container should be, in short words or in the Engine API's own, into the
 * body of the Engine API's container create. The image is not part of it: a deploy chooses it.
 */

export type ReadSpec = { ok: true; body: ContainerSpec } | { ok: false; details: ProblemDetail[] };

/** Reads a description. Errors name the field and what it takes. */
export function readContainerSpec(spec: unknown): ReadSpec {
  const parsed = specSchema.safeParse(spec);
  if (!parsed.success) {
    return { ok: false, details: parsed.error.issues.flatMap((issue) => detailsOf(issue, [])) };
  }
  const target = new Body(parsed.data);
  setAll(target, parsed.data);
  return target.details.length > 0
    ? { ok: false, details: target.details }
    : { ok: true, body: target.body };
}

type Parsed = z.infer<typeof specSchema>;

/** The body as it comes together. What is said in both languages is refused rather than guessed. */
class Body {
  readonly body: ContainerSpec;
  readonly details: ProblemDetail[] = [];

  constructor(spec: Parsed) {
    const own = Object.keys(engineFields) as (keyof typeof engineFields)[];
    this.body = structuredClone(
      Object.fromEntries(own.flatMap((field) => (field in spec ? [[field, spec[field]]] : []))),
    );
    const { AutoRemove } = (spec.HostConfig ?? {}) as { AutoRemove?: unknown };
    if (AutoRemove === true) {
      this.details.push({
        path: "HostConfig.AutoRemove",
        message: "must not be set: a service's container has to outlive a stop",
      });
    }
  }

  set(from: string, path: string, value: unknown): void {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let holder = this.body;
    for (const key of keys) {
      holder[key] ??= {};
      holder = holder[key] as Record<string, unknown>;
    }
    if (holder[last] !== undefined) {
      this.details.push({ path: from, message: `says the same as ${path}: use one of them` });
      return;
    }
    holder[last] = value;
  }
}

/** Short words that are one field each. */
const plain = {
  command: "Cmd",
  entrypoint: "Entrypoint",
  labels: "Labels",
  restartPolicy: "HostConfig.RestartPolicy",
  user: "User",
  workingDir: "WorkingDir",
  hostname: "Hostname",
  stopSignal: "StopSignal",
  stopTimeout: "StopTimeout",
  tty: "Tty",
  stdinOpen: "OpenStdin",
  init: "HostConfig.Init",
  privileged: "HostConfig.Privileged",
  readOnly: "HostConfig.ReadonlyRootfs",
  capAdd: "HostConfig.CapAdd",
  capDrop: "HostConfig.CapDrop",
  extraHosts: "HostConfig.ExtraHosts",
  dns: "HostConfig.Dns",
  tmpfs: "HostConfig.Tmpfs",
  networkMode: "HostConfig.NetworkMode",
} as const satisfies Partial<Record<keyof typeof shortFields, string>>;

const limits = {
  memory: "Memory",
  memoryReservation: "MemoryReservation",
  memorySwap: "MemorySwap",
  nanoCpus: "NanoCpus",
  cpuShares: "CpuShares",
  cpusetCpus: "CpusetCpus",
  pidsLimit: "PidsLimit",
} as const;

function setAll(target: Body, spec: Parsed): void {
  for (const [field, path] of Object.entries(plain)) {
    const value = spec[field as keyof typeof plain];
    if (value !== undefined) target.set(field, path, value);
  }
  if (spec.env) {
    const env = Object.entries(spec.env).map(([name, value]) => `${name}=${value}`);
    target.set("env", "Env", env);
  }
  if (spec.healthcheck) {
    const set = Object.entries(spec.healthcheck).filter(([, value]) => value !== undefined);
    target.set("healthcheck", "Healthcheck", Object.fromEntries(set));
  }
  if (spec.logging) {
    const { driver, options } = spec.logging;
    target.set("logging", "HostConfig.LogConfig", { Type: driver, Config: options });
  }
  if (spec.ports) setPorts(target, spec.ports);
  if (spec.volumes) setVolumes(target, spec.volumes);
  if (spec.networks) {
    target.set("networks", "NetworkingConfig.EndpointsConfig", spec.networks);
    const [first] = Object.keys(spec.networks);
    if (first !== undefined && !hasNetworkMode(target)) {
      target.set("networks", "HostConfig.NetworkMode", first);
    }
  }
  for (const [field, name] of Object.entries(limits)) {
    const value = spec.resources?.[field as keyof typeof limits];
    if (value !== undefined) target.set(`resources.${field}`, `HostConfig.${name}`, value);
  }
  if (spec.resources?.cpus !== undefined) {
    target.set("resources.cpus", "HostConfig.NanoCpus", Math.round(spec.resources.cpus * 1e9));
  }
}

function hasNetworkMode(target: Body): boolean {
  const { HostConfig } = target.body as { HostConfig?: { NetworkMode?: unknown } };
  return HostConfig?.NetworkMode !== undefined;
}

function setPorts(target: Body, values: z.infer<typeof ports>): void {
  const exposed: Record<string, object> = {};
  const published: Record<string, object[]> = {};
  const taken = new Set<string>();
  for (const { container, binding } of values) {
    exposed[container] = {};
    if (!binding) continue;
    const protocol = container.split("/")[1];
    const host = `${binding.HostIp}:${binding.HostPort}/${protocol}`;
    if (binding.HostPort !== "" && taken.has(host)) {
      target.details.push({ path: "ports", message: `publishes ${host} twice` });
    }
    taken.add(host);
    published[container] = [...(published[container] ?? []), binding];
  }
  target.set("ports", "ExposedPorts", exposed);
  if (Object.keys(published).length > 0) target.set("ports", "HostConfig.PortBindings", published);
}

function setVolumes(target: Body, values: z.infer<typeof volumes>): void {
  const binds = values.flatMap((value) => ("bind" in value ? [value.bind] : []));
  const anonymous = values.flatMap((value) => ("anonymous" in value ? [value.anonymous] : []));
  if (binds.length > 0) target.set("volumes", "HostConfig.Binds", binds);
  if (anonymous.length > 0) {
    target.set("volumes", "Volumes", Object.fromEntries(anonymous.map((path) => [path, {}])));
  }
}

const worth: Partial<Record<string, number>> = { custom: 10, unrecognized_keys: -10 };

/** Of alternatives that all fail, the one that came furthest says what is wrong. */
function detailsOf(issue: z.core.$ZodIssue, above: PropertyKey[]): ProblemDetail[] {
  const path = [...above, ...issue.path];
  if (issue.code === "invalid_union") {
    const rank = (list: z.core.$ZodIssue[]) =>
      Math.min(...list.map((inner) => inner.path.length + (worth[inner.code] ?? 0)));
    const [best] = issue.errors.toSorted((a, b) => rank(b) - rank(a));
    if (best && best.length > 0) return best.flatMap((inner) => detailsOf(inner, path));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key].join("."),
      message:
        key === "Image" || key === "image"
          ? "must not be set: a deploy chooses the image"
          : "is not a field of a container's description",
    }));
  }
  return [{ path: path.join("."), message: issue.message }];
}
