import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { parseArgs } from "node:util";
import type { EngineEndpoint } from "./engine/client.ts";
import { readEndpoint } from "./engine/endpoint.ts";
import { type LogLevel, logLevels } from "./log.ts";
import { StartRefused } from "./start-refused.ts";
import { isOnTrial } from "./upgrade/orphans.ts";

export interface AgentConfig {
  /** the control plane's HTTP address; null: the one this agent is enrolled with */
  url: URL | null;
  joinToken: string | null;
  stateDir: string;
  /** the policy file of this host; null: the default place, where there need not be one */
  policyPath: string | null;
  /** `host:port` of the control plane's gRPC; null: the address that it announced at enrolment */
  agentAddr: string | null;
  /** whether the join token may be sent over plain http, to a control plane of an earlier version */
  tokenOverHttp: boolean;
  exitWithParent: boolean;
  /** only to join, and then to end */
  joinOnly: boolean;
  engine: EngineEndpoint;
  logLevel: LogLevel;
}

export const usage = `bridgeport-agent: serves one Docker Engine to a Bridgeport control plane

  --url <url>           the control plane's public address, such as https://bridgeport.example
  --token <token>       join token from the server's page; needed once
  --token-file <file>   the same, read from a file, so that no list of processes shows it;
                        - is standard input
  --join-only           join and end, without serving the engine
  --state-dir <dir>     where the agent keeps its identity and its journal
  --policy <file>       what the owner of this server allows, default
                        /etc/bridgeport/agent-policy.yaml
  --agent-addr <addr>   host:port of the control plane's agent port, if not the one it announces
  --token-over-http     join a control plane of an earlier version although the token can
                        be read on the way; not needed for https or for this machine
  --exit-with-parent    end when standard input ends
  --check-engine        only say whether the engine answers: status 0 if it does
  --status              only say whether the agent of the state directory is connected: status
                        0 if it is, 3 if it is not, 4 if it does not run
  --wait                with --status: wait for up to a minute until it is
  --help, --version

  DOCKER_HOST           the engine to serve, default unix:///var/run/docker.sock; with
                        DOCKER_TLS_VERIFY and DOCKER_CERT_PATH for tcp:// with TLS
  DOCKER_CONTEXT        where DOCKER_HOST is not set: a context of the docker command line;
                        else its current context
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                        the proxy to the control plane, and what is reached without
  LOG_LEVEL             ${logLevels.join(", ")}; default info
`;

/** What the command line asks for instead of a start. */
export type Request =
  | { kind: "start"; config: AgentConfig }
  | { kind: "check-engine"; engine: EngineEndpoint }
  | { kind: "status"; stateDir: string; waits: boolean }
  | { kind: "help" }
  | { kind: "version" };

/** Reads flags and environment. Throws {@link StartRefused} naming the flag or variable, its value and what it takes. */
export function readConfig(args: string[], env: Record<string, string | undefined>): Request {
  const flags = parseFlags(args);
  if (flags.help) return { kind: "help" };
  if (flags.version) return { kind: "version" };
  if (flags["check-engine"]) return { kind: "check-engine", engine: readEngine(env) };
  if (flags["state-dir"] === undefined || flags["state-dir"] === "") {
    throw new StartRefused(
      "--state-dir is missing: name a directory for the agent's identity and journal.",
    );
  }
  if (flags.status) {
    return { kind: "status", stateDir: flags["state-dir"], waits: flags.wait ?? false };
  }
  return {
    kind: "start",
    config: {
      url: readUrl(flags.url),
      // What proves itself has its standard input from the one that watches it, and has joined.
      joinToken: isOnTrial(env) ? null : readJoinToken(flags),
      stateDir: flags["state-dir"],
      policyPath: readPolicyPath(flags.policy),
      agentAddr: readAgentAddr(flags["agent-addr"]),
      tokenOverHttp: flags["token-over-http"] ?? false,
      exitWithParent: flags["exit-with-parent"] ?? false,
      joinOnly: flags["join-only"] ?? false,
      engine: readEngine(env),
      logLevel: readLogLevel(env.LOG_LEVEL),
    },
  };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      // npm and pnpm pass the separator `--` on as the first argument of a script.
      args: args[0] === "--" ? args.slice(1) : args,
      options: {
        url: { type: "string" },
        token: { type: "string" },
        "token-file": { type: "string" },
        "state-dir": { type: "string" },
        policy: { type: "string" },
        "agent-addr": { type: "string" },
        "token-over-http": { type: "boolean" },
        "exit-with-parent": { type: "boolean" },
        "join-only": { type: "boolean" },
        "check-engine": { type: "boolean" },
        status: { type: "boolean" },
        wait: { type: "boolean" },
        help: { type: "boolean" },
        version: { type: "boolean" },
      },
      strict: true,
      allowPositionals: false,
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new StartRefused(`${reason} (--help lists the flags)`);
  }
}

/** Standard input that is empty has no token, as where an agent is started again as it was before. */
function readJoinToken(flags: ReturnType<typeof parseFlags>): string | null {
  const { token: value, "token-file": file } = flags;
  if (file === undefined || file === "") return value ?? null;
  if (value !== undefined) {
    throw new StartRefused("--token and --token-file name the same thing: give one of them.");
  }
  if (file === "-" && flags["exit-with-parent"]) {
    throw new StartRefused(
      "--token-file - cannot be used here, as --exit-with-parent (which npm run agent adds) watches standard input: give the token by a file.",
    );
  }
  try {
    const token = readFileSync(file === "-" ? 0 : file, "utf8").trim();
    return file === "-" && token === "" ? null : token;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StartRefused(`--token-file is "${file}", which cannot be read (${code ?? message}).`);
  }
}

function readPolicyPath(value: string | undefined): string | null {
  if (value === "")
    throw new StartRefused("--policy is empty: it takes the path of a policy file.");
  return value ?? null;
}

function readUrl(value: string | undefined): URL | null {
  if (value === undefined || value === "") return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new StartRefused(
      `--url is "${value}": it takes the control plane's address, such as https://bridgeport.example.`,
    );
  }
  return url;
}

function readAgentAddr(value: string | undefined): string | null {
  if (value === undefined || value === "") return null;
  const port = Number(/:(\d{1,5})$/.exec(value)?.[1] ?? 0);
  if (port < 1 || port > 65535 || value.startsWith(":")) {
    throw new StartRefused(
      `--agent-addr is "${value}": it takes host:port, such as 10.0.0.5:7443.`,
    );
  }
  return value;
}

function readEngine(env: Record<string, string | undefined>): EngineEndpoint {
  try {
    return readEndpoint(env, env.HOME || homedir());
  } catch (error) {
    throw new StartRefused(error instanceof Error ? error.message : String(error));
  }
}

function readLogLevel(value: string | undefined): LogLevel {
  const level = value === undefined || value === "" ? "info" : value;
  const known = logLevels.find((name) => name === level);
  if (known === undefined) {
    throw new StartRefused(`LOG_LEVEL is "${level}": it takes ${logLevels.join(", ")}.`);
  }
  return known;
}
