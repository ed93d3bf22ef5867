import { type Client, createClient } from "@bridgeport/client";
import { Failure } from "../exit.ts";
import { nearest } from "../find/named.ts";
import type { Io } from "../io.ts";
import { version } from "../version.ts";
import { addressOf } from "./address.ts";
import { type Config, readConfig } from "./config-file.ts";

/** What any command takes to say which control plane is meant. */
export interface ConnectionOptions {
  url?: string;
  context?: string;
}

/** Which control plane, as whom. */
export interface Target {
  url: string;
  token: string | null;
  /** the name that it was logged in to by; null where variables alone say it */
  context: string | null;
  /** the environment of that context */
  environment: string | null;
}

/**
 * Options come before variables, and those before what was logged in to. A token that was kept for one
 * control plane is never sent to another.
 * @throws {Failure} when nothing says which
 */
export function targetOf(
  options: ConnectionOptions,
  env: Io["env"],
  config: Config = readConfig(env),
): Target {
  const name = options.context ?? env.BRIDGEPORT_CONTEXT ?? config.current;
  const kept = name === null || name === undefined ? undefined : config.contexts[name];
  if (!kept && (options.context || env.BRIDGEPORT_CONTEXT)) {
    const names = Object.keys(config.contexts);
    const alike = nearest(name ?? "", names);
    throw new Failure(
      `There is no context "${name}".${alike ? ` Did you mean "${alike}"?` : ""} ${
        names.length > 0 ? `There are: ${names.join(", ")}.` : "Log in first: bridgeport login"
      }`,
    );
  }
  const given = options.url ?? (options.context ? undefined : env.BRIDGEPORT_URL);
  const url = given ? addressOf(given) : kept?.url;
  const token = options.context ? undefined : env.BRIDGEPORT_TOKEN?.trim();
  if (!url) {
    throw new Failure(
      "Which control plane? Log in to one with `bridgeport login <url>`, or set BRIDGEPORT_URL and BRIDGEPORT_TOKEN.",
    );
  }
  const all = Object.entries(config.contexts);
  const [context, same] =
    kept && kept.url === url
      ? [name ?? null, kept]
      : (all.find(([, one]) => one.url === url) ?? [null, undefined]);
  return {
    url,
    token: token || (same?.token ?? null),
    context: token ? null : context,
    environment: same?.environment ?? null,
  };
}

/** A client of the control plane that is meant. */
export function clientOf(target: Pick<Target, "url" | "token">, io: Io): Client {
  return createClient({
    url: target.url,
    ...(target.token ? { token: target.token } : {}),
    userAgent: `bridgeport-cli/${version}`,
    ...(io.fetch ? { fetch: io.fetch } : {}),
  });
}

/** A client that is somebody. @throws {Failure} when there is no token for it */
export function connect(options: ConnectionOptions, io: Io): { target: Target; client: Client } {
  const target = targetOf(options, io.env);
  if (target.token === null) {
    throw new Failure(
      `Nobody is logged in to ${target.url}. Log in with \`bridgeport login ${target.url}\`, or set BRIDGEPORT_TOKEN.`,
    );
  }
  return { target, client: clientOf(target, io) };
}
