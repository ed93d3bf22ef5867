import { hostname } from "node:os";
import { ApiProblem, type Client } from "@bridgeport/client";
import type { Command } from "commander";
import { addressOf, isInTheClear } from "../connection/address.ts";
import {
  type Config,
  type Context,
  configPath,
  readConfig,
  writeConfig,
} from "../connection/config-file.ts";
import { clientOf, targetOf } from "../connection/connection.ts";
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
  json?: boolean;
}

/** The commands that say who somebody is. */
export function addLogin(program: Command, { io }: Making): void {
  program
    .command("login")
    .argument("[url]", "the control plane's address, as the console has it")
    .description("Log in to a control plane and keep that for the next commands")
    .option("--email <email>", "who; asked for otherwise")
    .option("--password-stdin", "read the password from stdin")
    .option("--code <code>", "the code of the second factor; asked for otherwise")
    .option("--browser", "log in by the console, with whatever you log in there with")
    .option("--token", "ask for an API token that was made in the console")
    .option("--token-stdin", "read such a token from stdin")
    .option("--context <name>", "how to call this control plane here; default: its host")
    .option("-e, --environment <name>", "the environment of commands that name none")
    .option("--json", "print JSON instead of text")
    .action(async (text: string | undefined, options: LoginOptions) => {
      const config = readConfig(io.env);
      const url = await askedAddress(text, options, config, io);
      if (isInTheClear(url)) {
        io.err(`Warning: ${url} is not encrypted: others on the way can read what you send.\n`);
      }
      const kept = await credential(url, options, io);
      const client = clientOf({ url, token: kept.token }, io);
      const { user } = await client.get("/api/auth/me").catch((error: unknown) => {
        if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
        throw new Failure("This token is not known there, or has ended. Make another one.");
      });
      const name = options.context ?? new URL(url).host;
      const environment = await knownEnvironment(client, options.environment, io);
      const context: Context = { url, ...kept, ...(environment ? { environment } : {}) };
      writeConfig(io.env, { current: name, contexts: { ...config.contexts, [name]: context } });
      const before = config.contexts[name];
      if (before?.kind === "session" && before.url === url) await endSession(before, io);
      voice(options, io).say(
        { context: name, url, user },
        `Logged in to ${url} as ${user.email}. This is kept in ${configPath(io.env)}.`,
      );
    });

  common(program.command("logout"), { environment: false })
    .description("End the session here and forget it")
    .action(async (options: Common) => {
      const config = readConfig(io.env);
      const target = targetOf(options, {}, config);
      const context = target.context === null ? undefined : config.contexts[target.context];
      if (target.context === null || !context) {
        throw new Failure(`Nobody is logged in to ${target.url} here.`);
      }
      const ended = context.kind === "session" && (await endSession(target, io));
      const { [target.context]: _, ...contexts } = config.contexts;
      const others = Object.keys(contexts);
      const current =
        config.current === target.context
          ? others.length === 1
            ? (others[0] ?? null)
            : null
          : config.current;
      writeConfig(io.env, { current, contexts });
      const sentence =
        context.kind === "api-token"
          ? `Forgot the API token for ${target.url}. It still works: delete it in the console if it is not needed any more.`
          : ended
            ? `Logged out of ${target.url}.`
            : `Forgot the session of ${target.url}. It may still be open there: end it in the console.`;
      voice(options, io).say({ context: target.context, ended }, sentence);
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
        writeConfig(io.env, { ...config, current: name });
        config.current = name;
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

function credential(url: string, options: LoginOptions, io: Io) {
  if (options.browser) return byBrowser(url, io);
  if (options.token || options.tokenStdin) return tokenOf(options, io);
  return session(url, options, io);
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
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Failure("That is no API token. Make one in the console: Settings › API tokens.");
  }
  return { token, kind: "api-token" };
}

/** Logs in with email, password and, where there is one, the second factor. */
async function session(
  url: string,
  options: LoginOptions,
  io: Io,
): Promise<Pick<Context, "token" | "kind">> {
  const client = clientOf({ url, token: null }, io);
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
async function endSession(target: { url: string; token: string | null }, io: Io): Promise<boolean> {
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
