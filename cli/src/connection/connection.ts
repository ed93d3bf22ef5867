import { type Client, createClient } from "@bridgeport/client";
import { Failure } from "../exit.ts";
import { nearest } from "../find/named.ts";
import type { Io } from "../io.ts";
import { version } from "../version.ts";
import { addressOf } from "./address.ts";
import { Clock } from "./clock.ts";
import { type Config, configPath, isReadByOthers, readConfig } from "./config-file.ts";
import { patient } from "./patient.ts";
import { wayTo } from "./way.ts";

/** What any command takes to say which control plane is meant. */
export interface ConnectionOptions {
  url?: string;
  context?: string;
  ca?: string;
}

/** Which control plane, as whom. */
export interface Target {
  url: string;
  token: string | null;
  /** the name that it was logged in to by; null where variables alone say it */
  context: string | null;
  /** the environment of that context */
  environment: string | null;
  /** path of a file with authorities that are believed too */
  ca: string | null;
}

/**
 * Options come before variables, and those before what was logged in to; an empty variable says nothing. A
 * token that was kept for one control plane is never sent to another, and neither is BRIDGEPORT_TOKEN where
 * BRIDGEPORT_URL says which one it is for.
 * @throws {Failure} when nothing says which, or a token cannot be one
 */
export function targetOf(
  options: ConnectionOptions,
  env: Io["env"],
  config: Config = readConfig(env),
): Target {
  const wanted = options.context ?? (env.BRIDGEPORT_CONTEXT || undefined);
  const name = wanted ?? config.current;
  const kept = name !== null && Object.hasOwn(config.contexts, name) && config.contexts[name];
  if (!kept && wanted !== undefined) {
    const names = Object.keys(config.contexts);
    const alike = nearest(wanted, names);
    throw new Failure(
      `There is no context "${wanted}".${alike ? ` Did you mean "${alike}"?` : ""} ${
        names.length > 0 ? `There are: ${names.join(", ")}.` : "Log in first: bridgeport login"
      }`,
    );
  }
  const byVariable = options.context === undefined ? env.BRIDGEPORT_URL : undefined;
  const given = options.url ?? (byVariable || undefined);
  const url = given !== undefined ? addressOf(given) : kept ? kept.url : undefined;
  if (!url) {
    throw new Failure(
      "Which control plane? Log in to one with `bridgeport login <url>`, or set BRIDGEPORT_URL and BRIDGEPORT_TOKEN.",
    );
  }
  const isFor = byVariable ? addressOf(byVariable) : url;
  const token = options.context === undefined && isFor === url ? tokenIn(env) : null;
  const all = Object.entries(config.contexts);
  const [context, same] =
    kept && kept.url === url
      ? [name ?? null, kept]
      : (all.find(([, one]) => one.url === url) ?? [null, undefined]);
  return {
    url,
    token: token ?? same?.token ?? null,
    context: token ? null : context,
    environment: same?.environment ?? null,
    ca: options.ca ?? (env.BRIDGEPORT_CA || (same?.ca ?? null)),
  };
}

/** @throws {Failure} without the token, which would be shown otherwise by whoever cannot send it */
function tokenIn({ BRIDGEPORT_TOKEN: text = "" }: Io["env"]): string | null {
  const token = text.trim();
  if (token === "") return null;
  if (isToken(token)) return token;
  throw new Failure(
    "BRIDGEPORT_TOKEN is no token: it has spaces, line ends or other characters that no token has.",
  );
}

export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** A client of the control plane that is meant. */
export function clientOf(
  target: Pick<Target, "url" | "token" | "ca">,
  io: Io,
  clock = new Clock(),
): Client {
  return createClient({
    url: target.url,
    ...(target.token ? { token: target.token } : {}),
    userAgent: `bridgeport-cli/${version}`,
    fetch: clock.watching(
      patient(io.fetch ?? wayTo(target.url, { ca: target.ca, env: io.env }).fetch),
    ),
  });
}

/** A client that is somebody. @throws {Failure} when there is no token for it */
export function connect(
  options: ConnectionOptions,
  io: Io,
): { target: Target; client: Client; clock: Clock } {
  const target = targetOf(options, io.env);
  if (target.token === null) {
    throw new Failure(
      `Nobody is logged in to ${target.url}. Log in with \`bridgeport login ${target.url}\`, or set BRIDGEPORT_TOKEN.`,
    );
  }
  if (target.context !== null && isReadByOthers(io.env)) {
    const path = configPath(io.env);
    io.err(
      `Warning: others can read your token in ${path}. Keep it to yourself: chmod 600 ${path}\n`,
    );
  }
  const clock = new Clock();
  return { target, client: clientOf(target, io, clock), clock };
}
