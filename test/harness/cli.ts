import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { environmentOf } from "./scratch.ts";

/** The command line as it is shipped. */
export const cliFile = fileURLToPath(new URL("../../cli/dist/bridgeport.cjs", import.meta.url));

/** How a command ended. */
export interface CliEnd {
  code: number | null;
  out: string;
  err: string;
}

/** A command that runs. */
export interface CliRun {
  /** What it has printed so far. */
  printed(): { out: string; err: string };
  signal(name: NodeJS.Signals): void;
  readonly end: Promise<CliEnd>;
}

/** Where a command runs: a scratch directory, and what is in its environment beside PATH. */
export interface CliPlace {
  dir: string;
  env?: Record<string, string>;
}

/** Starts `bridgeport` without a terminal; `input` is its stdin. */
export function startCli({ dir, env = {} }: CliPlace, args: string[], input = ""): CliRun {
  const child = spawn(process.execPath, [cliFile, ...args], {
    cwd: dir,
    env: environmentOf(dir, {
      BRIDGEPORT_URL: undefined,
      BRIDGEPORT_TOKEN: undefined,
      BRIDGEPORT_HOME: undefined,
      XDG_CONFIG_HOME: `${dir}/config`,
      ...env,
    }),
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const end = new Promise<CliEnd>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
  return { printed: () => ({ out, err }), signal: (name) => child.kill(name), end };
}

/** Runs `bridgeport` to its end. */
export function cli(place: CliPlace, args: string[], input = ""): Promise<CliEnd> {
  return startCli(place, args, input).end;
}
