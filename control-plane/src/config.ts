import { isLoopback } from "@bridgeport/proto/proxies";
import { z } from "zod";
import { type GroupRole, parseGroupRoles } from "./group-roles.ts";
import { isNetwork } from "./networks.ts";
import { isTarget } from "./reach.ts";

/**
 * Every environment variable the control plane knows, validated once.
 * Names, defaults and meaning are those of the README's table.
 */
export interface Config {
  /** null: the embedded PostgreSQL under the data directory */
  databaseUrl: string | null;
  /** the same database as the role that owns its tables; null: the role of `databaseUrl` does */
  migrationUrl: string | null;
  dataDir: string;
  http: Address;
  agent: Address;
  /** null: HTTP, with TLS in front of it or without */
  tls: TlsFiles | null;
  /** what a join command names; no trailing slash */
  publicUrl: string;
  /** seconds that this process still serves after it was told to stop, so that balancers notice */
  drainSeconds: number;
  admin: { email: string; password: string | null };
  /** who else lets people in; null: only their passwords do */
  oidc: OidcConfig | null;
  /** one or more, the newest first, separated by commas; null: in the data directory */
  masterKey: string | null;
  /** where metrics are told to everybody; null: nowhere, only to those with a token */
  metrics: Address | null;
  /** addresses and networks in CIDR notation */
  trustedProxies: string[];
  /** requests a second of one session, API token or address; 0: without limit */
  rateLimit: number;
  /** path of a `trusted_root.json`, for signatures by identities; null: there are none */
  sigstoreTrustRoot: string | null;
  /** seconds between registry checks */
  updateCheckInterval: number;
  webhookSecret: string | null;
  pushSecrets: PushSecrets;
  /** hosts, addresses and networks that notifications may go to beside public ones; null: everywhere */
  allowedTargets: string[] | null;
  dockerHost: string | null;
  /** directory of the agent's packages; null: `dist/agent` beside the program */
  agentPackages: string | null;
  localAgent: "auto" | "off";
  /** whether administrators may have a copy of the process's memory, keys and all */
  heapSnapshots: boolean;
  logLevel: string;
  /** whether spans are sent to a collector, as OpenTelemetry's own variables say; its library reads the rest */
  traces: boolean;
}

/** Variables with secrets, each of which may be given as `…_FILE`, the path of a file, instead. */
export const secretVariables = () => [
  "DATABASE_URL",
  "DATABASE_PASSWORD",
  "DATABASE_MIGRATION_URL",
  "DATABASE_MIGRATION_PASSWORD",
  "BRIDGEPORT_ADMIN_PASSWORD",
  "BRIDGEPORT_MASTER_KEY",
  "BRIDGEPORT_OIDC_CLIENT_SECRET",
  "WEBHOOK_SECRET",
  ...pushVendors.map((name) => `${name.toUpperCase()}_WEBHOOK_SECRET`),
];

/** Those whose push notifications have a secret of their own, in `GITHUB_WEBHOOK_SECRET` and so on. */
export const pushVendors = [
  "github",
  "dockerhub",
  "harbor",
  "quay",
  "acr",
  "gitlab",
  "gitea",
  "artifactory",
] as const;
export type PushVendor = (typeof pushVendors)[number];
/** null: not set, so that nothing of that vendor is believed */
export type PushSecrets = Record<PushVendor, string | null>;

/** An OpenID Connect provider. */
export interface OidcConfig {
  issuer: string;
  clientId: string;
  /** null: a public client */
  clientSecret: string | null;
  groups: GroupRole[];
}

/** Paths of PEM files. */
export interface TlsFiles {
  cert: string;
  key: string;
}

export interface Address {
  host: string;
  port: number;
}

/** A variable that cannot be used. The message is the one line that the user sees. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

interface Variable<T> {
  takes: string;
  parse(value: string): T | undefined;
  secret?: boolean;
}

const text: Variable<string> = { takes: "a text", parse: (value) => value };
const secret: Variable<string> = { ...text, secret: true };

const address: Variable<Address> = {
  takes: "host:port, such as 127.0.0.1:3000",
  parse(value) {
    const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+):(\d{1,5})$/.exec(value);
    const port = Number(match?.[2]);
    if (!match?.[1] || port > 65535) return undefined;
    return { host: match[1].replace(/^\[|\]$/g, ""), port };
  },
};

const httpUrl: Variable<string> = {
  takes: "an http:// or https:// URL",
  parse(value) {
    if (!URL.canParse(value)) return undefined;
    const url = new URL(value);
    return ["http:", "https:"].includes(url.protocol)
      ? value.replace(/(?<!\/)\/+$/, "")
      : undefined;
  },
};

const issuerUrl: Variable<string> = {
  takes: "the https:// URL of an OpenID Connect provider, or http:// on this machine",
  parse(value) {
    if (!URL.canParse(value)) return undefined;
    const { protocol, hostname, search, hash } = new URL(value);
    if (search !== "" || hash !== "") return undefined;
    const near = protocol === "http:" && isLoopback(hostname);
    return protocol === "https:" || near ? value : undefined;
  },
};

const groupRoles: Variable<GroupRole[]> = {
  takes:
    "groups with their roles, separated by commas: group=role or group=role@environment, such as ops=admin,dev=operator@staging",
  parse: parseGroupRoles,
};

const postgresUrl: Variable<string> = {
  takes:
    "a postgres:// URL, such as postgres://user:password@host:5432/bridgeport, with a % of a password written as %25",
  parse(value) {
    if (!URL.canParse(value)) return undefined;
    const { protocol, username, password, pathname } = new URL(value);
    try {
      decodeURIComponent(username + password + pathname);
    } catch {
      return undefined;
    }
    return ["postgres:", "postgresql:"].includes(protocol) ? value : undefined;
  },
  secret: true,
};

function integer(min: number, max: number): Variable<number> {
  return {
    takes: `a whole number from ${min} to ${max}`,
    parse(value) {
      const number = Number(value);
      return /^\d+$/.test(value) && number >= min && number <= max ? number : undefined;
    },
  };
}

function oneOf<const T extends string>(...values: T[]): Variable<T> {
  return {
    takes: `one of ${values.join(", ")}`,
    parse: (value) => values.find((known) => known === value),
  };
}

const networks: Variable<string[]> = {
  takes: "addresses and networks, separated by commas, such as 127.0.0.1, 10.0.0.0/8",
  parse(value) {
    const list = value.split(",").map((part) => part.trim());
    return list.every(isNetwork) ? list : undefined;
  },
};

const email: Variable<string> = {
  takes: "an e-mail address",
  parse: (value) => z.email().safeParse(value).data,
};

const targets: Variable<string[]> = {
  takes: "hosts, addresses and networks separated by commas, such as hooks.corp, .lan, 10.0.0.0/8",
  parse(value) {
    const entries = value
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== "");
    return entries.length > 0 && entries.every(isTarget) ? entries : undefined;
  },
};

const password: Variable<string> = {
  takes: "12 to 256 characters",
  parse: (value) => (value.length >= 12 && value.length <= 256 ? value : undefined),
  secret: true,
};

const masterKey: Variable<string> = {
  takes:
    "32 bytes in hexadecimal (64 characters) or base64; several, the newest first, separated by commas",
  parse(value) {
    const keys = value
      .split(/[\s,]+/)
      .filter((key) => key !== "")
      .map((key) => Buffer.from(key, /^[0-9a-fA-F]{64}$/.test(key) ? "hex" : "base64"));
    if (keys.length === 0 || !keys.every((bytes) => bytes.length === 32)) return undefined;
    return keys.map((bytes) => bytes.toString("hex")).join(",");
  },
  secret: true,
};

/** @throws {ConfigError} naming the first variable that cannot be used, its value and what it takes */
export function readConfig(env: Record<string, string | undefined>): Config {
  function read<T>(name: string, variable: Variable<T>): T | null {
    const value = env[name]?.trim();
    if (value === undefined || value === "") return null;
    const parsed = variable.parse(value);
    if (parsed === undefined) {
      const shown = variable.secret ? "(hidden)" : JSON.stringify(value);
      throw new ConfigError(`${name}=${shown} cannot be used: it takes ${variable.takes}.`);
    }
    return parsed;
  }

  function readOidc(): OidcConfig | null {
    const issuer = read("BRIDGEPORT_OIDC_ISSUER", issuerUrl);
    const clientId = read("BRIDGEPORT_OIDC_CLIENT_ID", text);
    const clientSecret = read("BRIDGEPORT_OIDC_CLIENT_SECRET", secret);
    const groups = read("BRIDGEPORT_OIDC_GROUPS", groupRoles);
    const set = issuer ?? clientId ?? clientSecret ?? groups;
    if (set === null) return null;
    const missing = (name: string, why: string) =>
      new ConfigError(`BRIDGEPORT_OIDC_${name} is not set: ${why}.`);
    if (issuer === null) throw missing("ISSUER", "logging in with OpenID Connect needs it");
    if (clientId === null) throw missing("CLIENT_ID", "logging in with OpenID Connect needs it");
    if (groups === null) throw missing("GROUPS", "without it no user of the provider has a role");
    return { issuer, clientId, clientSecret, groups };
  }

  /** The URL of a database, with the password that stands apart from it. */
  function readDatabaseUrl(urlName: string, passwordName: string): string | null {
    const url = read(urlName, postgresUrl);
    const databasePassword = read(passwordName, secret);
    if (databasePassword === null) return url;
    if (url === null || new URL(url).password !== "") {
      const why = url === null ? `${urlName} is not set` : `${urlName} has a password already`;
      throw new ConfigError(`${passwordName}=(hidden) cannot be used: ${why}.`);
    }
    const whole = new URL(url);
    whole.password = encodeURIComponent(databasePassword);
    return whole.href;
  }

  function readTls(): TlsFiles | null {
    const cert = read("BRIDGEPORT_TLS_CERT", text);
    const key = read("BRIDGEPORT_TLS_KEY", text);
    if (cert !== null && key !== null) return { cert, key };
    if (cert === null && key === null) return null;
    const [set, missing] = cert === null ? ["KEY", "CERT"] : ["CERT", "KEY"];
    throw new ConfigError(
      `BRIDGEPORT_TLS_${missing} is not set: with BRIDGEPORT_TLS_${set} it has to be, too.`,
    );
  }

  /** Looks only at what would otherwise fail silently. */
  function readTraces(): boolean {
    const endpoints = [
      read("OTEL_EXPORTER_OTLP_ENDPOINT", httpUrl),
      read("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", httpUrl),
    ];
    const protocols = oneOf("http/protobuf");
    read("OTEL_EXPORTER_OTLP_PROTOCOL", protocols);
    read("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", protocols);
    const exporter = read("OTEL_TRACES_EXPORTER", oneOf("otlp", "none"));
    const disabled = read("OTEL_SDK_DISABLED", oneOf("true", "false"));
    return endpoints.some(Boolean) && exporter !== "none" && disabled !== "true";
  }

  function readPublicUrl(http: Address, tls: TlsFiles | null): string {
    const url = read("BRIDGEPORT_PUBLIC_URL", httpUrl);
    if (tls !== null && url?.startsWith("http:")) {
      throw new ConfigError(
        `BRIDGEPORT_PUBLIC_URL=${JSON.stringify(url)} cannot be used: with BRIDGEPORT_TLS_CERT the console is reached by https:// only.`,
      );
    }
    return url ?? urlOf(http, tls !== null);
  }

  const databaseUrl = readDatabaseUrl("DATABASE_URL", "DATABASE_PASSWORD");
  const migrationUrl = readDatabaseUrl("DATABASE_MIGRATION_URL", "DATABASE_MIGRATION_PASSWORD");
  if (migrationUrl !== null && databaseUrl === null) {
    throw new ConfigError(
      "DATABASE_MIGRATION_URL is set without DATABASE_URL: set DATABASE_URL to the same database with the role that the control plane works as, or leave both out for the embedded PostgreSQL.",
    );
  }
  const http = read("BRIDGEPORT_HTTP_ADDR", address) ?? { host: "127.0.0.1", port: 3000 };
  const tls = readTls();
  return {
    databaseUrl,
    migrationUrl,
    dataDir: read("BRIDGEPORT_DATA_DIR", text) ?? "./data",
    http,
    agent: read("BRIDGEPORT_AGENT_ADDR", address) ?? { host: "127.0.0.1", port: 7443 },
    tls,
    publicUrl: readPublicUrl(http, tls),
    drainSeconds: read("BRIDGEPORT_DRAIN_SECONDS", integer(0, 3600)) ?? 0,
    admin: {
      email: read("BRIDGEPORT_ADMIN_EMAIL", email) ?? "admin@bridgeport.local",
      password: read("BRIDGEPORT_ADMIN_PASSWORD", password),
    },
    oidc: readOidc(),
    masterKey: read("BRIDGEPORT_MASTER_KEY", masterKey),
    metrics: read("BRIDGEPORT_METRICS_ADDR", address),
    trustedProxies: read("BRIDGEPORT_TRUSTED_PROXIES", networks) ?? [],
    rateLimit: read("BRIDGEPORT_RATE_LIMIT", integer(0, 1_000_000)) ?? 1000,
    sigstoreTrustRoot: read("BRIDGEPORT_SIGSTORE_TRUST_ROOT", text),
    updateCheckInterval: read("SCHEDULER_UPDATE_CHECK_INTERVAL", integer(1, 604_800)) ?? 1800,
    webhookSecret: read("WEBHOOK_SECRET", secret),
    pushSecrets: Object.fromEntries(
      pushVendors.map((name) => [name, read(`${name.toUpperCase()}_WEBHOOK_SECRET`, secret)]),
    ) as PushSecrets,
    allowedTargets:
      read("BRIDGEPORT_ALLOWED_TARGETS", targets) ??
      (isLoopback(http.host) || http.host === "::1" ? null : []),
    dockerHost: read("DOCKER_HOST", text) ?? null,
    agentPackages: read("BRIDGEPORT_AGENT_PACKAGES", text),
    localAgent: read("BRIDGEPORT_LOCAL_AGENT", oneOf("auto", "off")) ?? "auto",
    heapSnapshots: read("BRIDGEPORT_HEAP_SNAPSHOTS", oneOf("on", "off")) === "on",
    traces: readTraces(),
    logLevel:
      read("LOG_LEVEL", oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent")) ??
      "info",
  };
}

/** The URL at which a listener can be reached from this machine. */
export function urlOf({ host, port }: Address, tls = false): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const name = reachable.includes(":") ? `[${reachable}]` : reachable;
  return `${tls ? "https" : "http"}://${name}:${port}`;
}
