import { hostname } from "node:os";
import { resolve } from "node:path";
import { ApiProblem, type Client } from "@bridgeport/client";
import { type Command, Option } from "commander";
import { addressOf, isInTheClear } from "../connection/address.ts";
import {
  type Config,
  type Context,
  changeConfig,
  configPath,
  readConfig,
} from "../connection/config-file.ts";
import { clientOf, isToken, type Target, targetOf } from "../connection/connection.ts";
import { explain } from "../connection/explain.ts";
import { Failure } from "../exit.ts";
import { findEnvironment } from "../find/resources.ts";
import type { Io } from "../io.ts";
import { listenForToken } from "../login/callback.ts";
import { openBrowser } from "../login/open-browser.ts";
import { type Common, common, type Making, speak, voice } from "./command.ts";

interface LoginOptions {
  email?: string;
  passwordStdin?: boolean;
  code?: string;
  browser?: boolean;
  token?: boolean;
  tokenStdin?: boolean;
  context?: string;
  environment?: string;
  ca?: string;
  json?: boolean;
}

/** The commands that say who somebody is. */
export function addLogin(program: Command, { io }: Making): void {
  program
    .command("login")
    .argument("[url]", "the control plane's address, as the console has it")
    .description("Log in to a control plane and keep that for the next commands")
    .option("--email <email>", "who; asked for otherwise")
    .addOption(
      new Option("--password-stdin", "read the password from stdin").conflicts([
        "browser",
        "token",
        "tokenStdin",
      ]),
    )
    .option("--code <code>", "the code of the second factor; asked for otherwise")
    .addOption(
      new Option(
        "--browser",
        "log in by the console, with whatever you log in there with",
      ).conflicts(["token", "tokenStdin"]),
    )
    .addOption(
      new Option("--token", "ask for an API token that was made in the console").conflicts([
        "tokenStdin",
      ]),
    )
    .option("--token-stdin", "read such a token from stdin")
    .option("--context <name>", "how to call this control plane here; default: its host")
    .option("-e, --environment <name>", "the environment of commands that name none")
    .option("--ca <file>", "trust the certificate authority in this file too, from now on")
    .option("--json", "print JSON instead of text")
    .action(async (text: string | undefined, options: LoginOptions) => {
      const config = readConfig(io.env);
      const url = await askedAddress(text, options, config, io);
      if (isInTheClear(url)) {
        io.err(`Warning: ${url} is not encrypted: others on the way can read what you send.\n`);
      }
      const name = options.context ?? new URL(url).host;
      const at = { url, ca: authorityFor(url, options, config, io) };
      const kept = await credential(at, options, io);
      const client = clientOf({ ...at, token: kept.token }, io);
      try {
        const { user, environment } = await whoAndWhere(client, options, io);
        const own = { ...(environment ? { environment } : {}), ...(at.ca ? { ca: at.ca } : {}) };
        const before = keep(name, { url, ...kept, ...own }, io);
        if (before?.kind === "session") await endSession({ ...before, ca: before.ca ?? null }, io);
        voice(options, io).say(
          { context: name, url, user },
          `Logged in to ${url} as ${user.email}. This is kept in ${configPath(io.env)}.`,
        );
      } catch (error) {
        // What is not kept would stay open for as long as sessions do.
        if (kept.kind === "session") await endSession({ ...at, token: kept.token }, io);
        throw error;
      }
    });

  common(program.command("logout"), { environment: false })
    .description("End the session here and forget it")
    .action(async (options: Common) => {
      const config = readConfig(io.env);
      // A token in a variable was not logged in with, and is not forgotten here.
      const { BRIDGEPORT_URL, BRIDGEPORT_CONTEXT } = io.env;
      const target = targetOf(options, { BRIDGEPORT_URL, BRIDGEPORT_CONTEXT }, config);
      const name = target.context;
      const context = name === null ? undefined : config.contexts[name];
      if (name === null || !context) {
        throw new Failure(`Nobody is logged in to ${target.url} here.`);
      }
      const ended = context.kind === "session" && (await endSession(target, io));
      changeConfig(io.env, ({ current, contexts: { [name]: _, ...contexts } }) => {
        const [only, ...others] = Object.keys(contexts);
        const next = others.length === 0 ? (only ?? null) : null;
        return { current: current === name ? next : current, contexts };
      });
      const sentence =
        context.kind === "api-token"
          ? `Forgot the API token for ${target.url}. It still works: delete it in the console if it is not needed any more.`
          : ended
            ? `Logged out of ${target.url}.`
            : `Forgot the session of ${target.url}. It may still be open there: end it in the console.`;
      voice(options, io).say({ context: name, ended }, sentence);
    });

  common(program.command("whoami"), { environment: false })
    .description("Show who you are, where, and what you may do")
    .action(async (options: Common) => {
      const { client, target, say } = speak(options, io);
      const { user } = await client.get("/api/auth/me");
      const names = new Map(
        (await client.everyRow("/api/environments", "environments")).map(({ id, name }) => [
          id,
          name,
        ]),
      );
      const roles = user.roles.map(
        ({ environmentId, role }) =>
          `${role} ${environmentId === null ? "everywhere" : `in ${names.get(environmentId) ?? environmentId}`}`,
      );
      const lines = [`${user.email} at ${target.url}`, roles.join(", ") || user.role];
      say({ url: target.url, context: target.context, user }, lines.join("\n"));
    });

  program
    .command("contexts")
    .argument("[name]", "the one to use from now on")
    .description("List the control planes that you logged in to, or choose one")
    .option("--json", "print JSON instead of text")
    .action((name: string | undefined, options: { json?: boolean }) => {
      const config = readConfig(io.env);
      if (name !== undefined) {
        targetOf({ context: name }, {}, config);
        config.current = changeConfig(io.env, (now) => ({ ...now, current: name })).current;
      }
      const rows = Object.entries(config.contexts).map(([own, { url, environment, kind }]) => ({
        name: own,
        url,
        environment: environment ?? null,
        kind,
        current: own === config.current,
      }));
      voice(options, io).show(
        { contexts: rows },
        [
          { title: "", cell: ({ current }) => (current ? "*" : " ") },
          { title: "NAME", cell: (row) => row.name },
          { title: "URL", cell: ({ url }) => url },
          { title: "ENVIRONMENT", cell: ({ environment }) => environment ?? "-" },
        ],
        rows,
        "You have not logged in to a control plane yet: bridgeport login",
      );
    });
}

/** @throws {Failure} for a token that is nobody's, and an environment that is not there */
async function whoAndWhere(client: Client, options: LoginOptions, io: Io) {
  const { user } = await client.get("/api/auth/me").catch((error: unknown) => {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
    throw new Failure("This token is not known there, or has ended. Make another one.");
  });
  return { user, environment: await knownEnvironment(client, options.environment, io) };
}

/**
 * Keeps a context and makes it the one that is meant. Logging in again to the same control plane leaves its
 * environment as it is.
 * @returns the one that had the name before
 */
function keep(name: string, context: Context, io: Io): Context | undefined {
  let before: Context | undefined;
  changeConfig(io.env, ({ contexts }) => {
    before = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
    const same = before?.url === context.url ? before : undefined;
    const { environment = same?.environment, ...rest } = context;
    const kept = { ...rest, ...(environment === undefined ? {} : { environment }) };
    return { current: name, contexts: { ...contexts, [name]: kept } };
  });
  return before;
}

async function askedAddress(
  text: string | undefined,
  { context }: LoginOptions,
  config: Config,
  io: Io,
): Promise<string> {
  const known = context === undefined ? undefined : config.contexts[context]?.url;
  const current = config.current === null ? undefined : config.contexts[config.current]?.url;
  const given = text ?? known ?? io.env.BRIDGEPORT_URL ?? current;
  return addressOf(given ?? (await io.ask("Address of the control plane: ")));
}

/** The file with the authority of a control plane: what is said now, or was when it was logged in to. */
function authorityFor(url: string, { ca }: LoginOptions, config: Config, io: Io): string | null {
  const given = ca ?? (io.env.BRIDGEPORT_CA || undefined);
  if (given !== undefined) return resolve(given);
  return Object.values(config.contexts).find((one) => one.url === url)?.ca ?? null;
}

type Place = Pick<Target, "url" | "ca">;

function credential(at: Place, options: LoginOptions, io: Io) {
  if (options.browser) return byBrowser(at.url, io);
  if (options.token || options.tokenStdin) return tokenOf(options, io);
  return session(at, options, io);
}

/** Has the console make an API token once its user has agreed, and bring it here. */
async function byBrowser(url: string, io: Io): Promise<Pick<Context, "token" | "kind">> {
  const { port, state, token, close } = await listenForToken();
  try {
    const query = new URLSearchParams({ port: String(port), state, machine: hostname() });
    const address = `${url}/cli-login?${query}`;
    io.err(`Open this in a browser on this machine, and let in what shows the code\n`);
    io.err(`${state.slice(0, 4)}-${state.slice(4, 8)}:\n\n  ${address}\n\n`);
    openBrowser(address);
    return { token: await token, kind: "api-token" };
  } finally {
    close();
  }
}

async function tokenOf(
  { tokenStdin }: LoginOptions,
  io: Io,
): Promise<Pick<Context, "token" | "kind">> {
  const text = tokenStdin ? await io.readStdin() : await io.ask("API token: ", { hidden: true });
  const token = text.trim();
  if (!isToken(token)) {
    throw new Failure("That is no API token. Make one in the console: Settings › API tokens.");
  }
  return { token, kind: "api-token" };
}

/** Logs in with email, password and, where there is one, the second factor. */
async function session(
  at: Place,
  options: LoginOptions,
  io: Io,
): Promise<Pick<Context, "token" | "kind">> {
  const client = clientOf({ ...at, token: null }, io);
  const { password: allowed } = await client.get("/api/auth/methods");
  if (!allowed) {
    throw new Failure(
      "This control plane takes no passwords. Use `bridgeport login --browser`, or make an API token in the console and use `--token`.",
    );
  }
  const email = options.email ?? (await io.ask("Email: "));
  const password = options.passwordStdin
    ? (await io.readStdin()).replace(/\r?\n$/, "")
    : await io.ask("Password: ", { hidden: true });
  const given = options.code ? { code: options.code } : {};
  const body = { email: email.trim(), password, ...given };
  try {
    const { token } = await client.post("/api/auth/login", { body });
    return { token, kind: "session" };
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.code === "second_factor_required" && options.code === undefined) {
      const code = (await io.ask("Code of your second factor: ")).trim();
      const { token } = await client.post("/api/auth/login", { body: { ...body, code } });
      return { token, kind: "session" };
    }
    // Not "log in": that is what was tried.
    throw error.status === 401 ? new Failure(error.message) : error;
  }
}

/** @returns false when the control plane could not be asked; one that ended before counts as ended */
async function endSession(target: Place & Pick<Target, "token">, io: Io): Promise<boolean> {
  try {
    await clientOf(target, io).post("/api/auth/logout", {});
    return true;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return true;
    io.err(`${explain(error)}\n`);
    return false;
  }
}

async function knownEnvironment(
  client: Client,
  text: string | undefined,
  io: Io,
): Promise<string | null> {
  if (text === undefined) return null;
  return (await findEnvironment(client, text, io, null)).name;
}
