import { randomUUID } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { Failure } from "../exit.ts";

const contextSchema = z.object({
  url: z.string(),
  token: z.string(),
  /** a session ends with `logout`; an API token is only forgotten */
  kind: z.enum(["session", "api-token"]),
  /** the environment of commands that name none */
  environment: z.string().optional(),
  /** an absolute path of a file with authorities that are believed too */
  ca: z.string().optional(),
});
const configSchema = z.object({
  current: z.string().nullable(),
  contexts: z.record(z.string(), contextSchema),
});

export type Context = z.infer<typeof contextSchema>;
/** Control planes that were logged in to, by name, and which one is meant by default. */
export type Config = z.infer<typeof configSchema>;

type Env = Readonly<Record<string, string | undefined>>;

/** BRIDGEPORT_CONFIG, or bridgeport/config.json in the XDG configuration directory. */
export function configPath(env: Env): string {
  if (env.BRIDGEPORT_CONFIG) return env.BRIDGEPORT_CONFIG;
  const base = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config");
  return join(base, "bridgeport", "config.json");
}

/** @throws {Failure} when there is a file that is none of ours, or that cannot be read */
export function readConfig(env: Env): Config {
  const path = configPath(env);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { current: null, contexts: {} };
    throw new Failure(`${path} cannot be read: ${(error as Error).message}`);
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    throw new Failure(
      `${path} is not a configuration of this program. Repair it, or delete it and log in again.`,
    );
  }
}

/** Whether the file with the tokens can be read by more users than its owner. */
export function isReadByOthers(env: Env): boolean {
  const { mode = 0 } = statSync(configPath(env), { throwIfNoEntry: false }) ?? {};
  return (mode & 0o077) !== 0;
}

/**
 * Changes what is kept as it is now, which another command may have changed meanwhile.
 * @returns what is kept from now on
 * @throws {Failure} when it cannot be read or written
 */
export function changeConfig(env: Env, change: (config: Config) => Config): Config {
  const changed = change(readConfig(env));
  writeConfig(env, changed);
  return changed;
}

/** Replaces the file as a whole, readable by its owner alone; where a link leads to it, it stays one. */
function writeConfig(env: Env, config: Config): void {
  const path = realPathOf(configPath(env));
  const next = `${path}.${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(next, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    chmodSync(next, 0o600);
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw new Failure(`${path} cannot be written: ${(error as Error).message}`);
  }
}

function realPathOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
