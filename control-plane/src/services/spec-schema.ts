import { z } from "zod";
import {
  byteCount,
  durationNs,
  type PortValue,
  portValue,
  restartPolicy,
  volumeValue,
} from "./spec-values.ts";

/*
 * The words in which a person may describe a container: short ones after the docker command line
 * and Compose, and the Engine API's own. What they come to is put together in container-spec.ts.
 */

/** A value that reads a notation, or says what it should have been. */
function notation<T>(read: (text: string) => T | null, takes: string) {
  return z
    .string()
    .max(4096)
    .transform((text, context) => {
      const value = read(text);
      if (value !== null) return value;
      context.addIssue({ code: "custom", message: `"${text}" cannot be read: it takes ${takes}` });
      return z.NEVER;
    });
}

const word = z.string().max(65_536);
const words = z.array(word, 'must be a list of words, such as ["npm", "start"]').max(1000);
const pairs = z.union([
  z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
  z
    .array(word.regex(/^[^=\s][^=]*(=|$)/, "must be written as NAME=value"))
    .transform((list) => Object.fromEntries(list.map(splitPair))),
]);

function splitPair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

const port = z.number().int().min(1).max(65_535);
const portText = notation(
  portValue,
  "80, 8080:80, 127.0.0.1:8080:80 or 8080:80/udp, with ports from 1 to 65535",
);
const portEntry = z.union([
  port.transform((number) => ({ container: `${number}/tcp`, binding: null })),
  portText,
  z
    .strictObject({
      containerPort: port,
      hostPort: port.nullish(),
      hostIp: z.string().max(45).nullish(),
      protocol: z.enum(["tcp", "udp", "sctp"]).default("tcp"),
    })
    .transform(({ containerPort, hostPort, hostIp, protocol }) => ({
      container: `${containerPort}/${protocol}`,
      binding: hostPort ? { HostIp: hostIp ?? "", HostPort: String(hostPort) } : null,
    })),
]);
const portKey = /^\d{1,5}(\/(tcp|udp|sctp))?$/;
const bindings = z.array(
  z.object({ HostIp: z.string().default(""), HostPort: z.coerce.string().default("") }),
);
export const ports = z.union([
  z.array(portEntry),
  z
    .record(z.string().regex(portKey, "must be a port such as 80/tcp"), bindings.nullable())
    .transform((map) =>
      Object.entries(map).flatMap(([key, list]) => {
        const container = key.includes("/") ? key : `${key}/tcp`;
        const places = list && list.length > 0 ? list : [null];
        return places.map((binding): PortValue => ({ container, binding }));
      }),
    ),
]);

const absolute = z.string().regex(/^\//, "must be an absolute path");
const volumeEntry = z.union([
  notation(volumeValue, "name:/path, /host/path:/path or /path, with :ro for read-only"),
  z
    .strictObject({
      source: z.string().min(1).optional(),
      target: absolute,
      readOnly: z.boolean().default(false),
    })
    .transform(({ source, target, readOnly }) =>
      source === undefined
        ? { anonymous: target }
        : { bind: `${source}:${target}${readOnly ? ":ro" : ""}` },
    ),
]);
export const volumes = z.union([
  z.array(volumeEntry),
  z
    .record(absolute, z.object({}))
    .transform((map) => Object.keys(map).map((anonymous) => ({ anonymous }))),
]);

const endpoint = z.looseObject({
  aliases: z.array(z.string()).optional(),
  ipv4Address: z.string().optional(),
  ipv6Address: z.string().optional(),
});
const networks = z.union([
  z
    .array(z.string().min(1))
    .transform((list) => Object.fromEntries(list.map((name) => [name, {}]))),
  z
    .record(z.string().min(1), endpoint.nullable())
    .transform((map) =>
      Object.fromEntries(Object.entries(map).map(([name, value]) => [name, endpointOf(value)])),
    ),
]);

function endpointOf(value: z.infer<typeof endpoint> | null): Record<string, unknown> {
  const { aliases, ipv4Address, ipv6Address, ...own } = value ?? {};
  return {
    ...own,
    ...(aliases ? { Aliases: aliases } : {}),
    ...(ipv4Address || ipv6Address
      ? { IPAMConfig: { IPv4Address: ipv4Address, IPv6Address: ipv6Address } }
      : {}),
  };
}

const duration = z.union([
  notation(durationNs, "a duration such as 500ms, 30s or 1m30s"),
  z
    .number()
    .int()
    .refine(
      (value) => value === 0 || value >= 1_000_000,
      "is in nanoseconds as a number: write 30s",
    ),
]);
/** An object whose fields may be capitalised, as the Engine API writes them. */
function eitherCase<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key.charAt(0).toLowerCase() + key.slice(1),
        inner,
      ]),
    );
  }, schema);
}

const healthcheck = eitherCase(
  z
    .strictObject({
      test: z.union([words, z.string().transform((text) => ["CMD-SHELL", text])]).optional(),
      interval: duration.optional(),
      timeout: duration.optional(),
      retries: z.number().int().min(0).max(1000).optional(),
      startPeriod: duration.optional(),
      startInterval: duration.optional(),
    })
    .transform(({ test, interval, timeout, retries, startPeriod, startInterval }) => ({
      Test: test,
      Interval: interval,
      Timeout: timeout,
      Retries: retries,
      StartPeriod: startPeriod,
      StartInterval: startInterval,
    })),
);

const bytes = z.union([z.number().int().min(0), notation(byteCount, "a size such as 512m or 1g")]);
const resources = eitherCase(
  z.strictObject({
    memory: bytes.optional(),
    memoryReservation: bytes.optional(),
    memorySwap: z.union([z.literal(-1), bytes]).optional(),
    cpus: z.number().min(0.001).max(4096).optional(),
    nanoCpus: z.number().int().min(0).optional(),
    cpuShares: z.number().int().min(0).optional(),
    cpusetCpus: z.string().optional(),
    pidsLimit: z.number().int().min(-1).optional(),
  }),
);

const restart = z.union([
  notation(restartPolicy, "no, always, unless-stopped, on-failure or on-failure:3"),
  eitherCase(
    z
      .strictObject({
        name: z.enum(["no", "always", "unless-stopped", "on-failure"]),
        maximumRetryCount: z.number().int().min(0).default(0),
      })
      .transform(({ name, maximumRetryCount }) => ({
        Name: name,
        MaximumRetryCount: maximumRetryCount,
      })),
  ),
]);

const object = z.record(z.string(), z.unknown());
const list = z.array(z.string());

/** The short words. */
export const shortFields = {
  env: pairs,
  command: words,
  entrypoint: words,
  ports,
  volumes,
  networks,
  labels: pairs,
  restartPolicy: restart,
  healthcheck,
  resources,
  user: z.string(),
  workingDir: absolute,
  hostname: z.string().max(253),
  stopSignal: z.string().max(20),
  stopTimeout: z.number().int().min(0).max(86_400).describe("seconds"),
  tty: z.boolean(),
  stdinOpen: z.boolean(),
  init: z.boolean(),
  privileged: z.boolean(),
  readOnly: z.boolean(),
  capAdd: list,
  capDrop: list,
  extraHosts: list,
  dns: list,
  tmpfs: z.record(absolute, z.string()),
  networkMode: z.string(),
  logging: z.strictObject({
    driver: z.string().min(1),
    options: z.record(z.string(), z.string()).default({}),
  }),
};

/** The Engine API's own words, handed on as they are. */
export const engineFields = {
  Hostname: z.string(),
  Domainname: z.string(),
  User: z.string(),
  Env: list,
  Cmd: words,
  Entrypoint: words,
  ExposedPorts: object,
  Volumes: object,
  WorkingDir: z.string(),
  Labels: z.record(z.string(), z.string()),
  Healthcheck: object,
  StopSignal: z.string(),
  /** -1: it is waited for without end */
  StopTimeout: z.number().int().min(-1),
  Shell: words,
  Tty: z.boolean(),
  OpenStdin: z.boolean(),
  StdinOnce: z.boolean(),
  AttachStdin: z.boolean(),
  AttachStdout: z.boolean(),
  AttachStderr: z.boolean(),
  NetworkDisabled: z.boolean(),
  MacAddress: z.string(),
  HostConfig: object,
  NetworkingConfig: z.looseObject({ EndpointsConfig: z.record(z.string(), object).optional() }),
};

export const specSchema = z.strictObject({ ...shortFields, ...engineFields }).partial();
