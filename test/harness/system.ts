import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Api, login } from "./api.ts";
import { freePort } from "./ports.ts";
import { isAlive, processesMentioning, signal } from "./processes.ts";
import { createScratch, environmentOf, type Scratch } from "./scratch.ts";
import { mountSmallDisk } from "./small-disk.ts";
import { waitFor } from "./wait.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The program that `npm start` (`start`) or `npm run agent` (`agent`) is. */
export const launcher = (name: "agent" | "start"): string =>
  `${root}control-plane/launch/${name}.mjs`;

// What is not set by a test has to have its default, whatever the shell that runs it says.
const noConfiguration = {
  // A test that installs agents has them packaged by itself.
  BRIDGEPORT_PACKAGE_AGENT: "off",
  DATABASE_URL: undefined,
  DATABASE_MIGRATION_URL: undefined,
  DOCKER_CERT_PATH: undefined,
  DOCKER_CONTEXT: undefined,
  DOCKER_TLS: undefined,
  DOCKER_TLS_VERIFY: undefined,
  BRIDGEPORT_PUBLIC_URL: undefined,
  BRIDGEPORT_MASTER_KEY: undefined,
  BRIDGEPORT_TLS_CERT: undefined,
  BRIDGEPORT_TLS_KEY: undefined,
  BRIDGEPORT_DRAIN_SECONDS: undefined,
  BRIDGEPORT_OIDC_ISSUER: undefined,
  BRIDGEPORT_OIDC_CLIENT_ID: undefined,
  BRIDGEPORT_OIDC_CLIENT_SECRET: undefined,
  BRIDGEPORT_OIDC_GROUPS: undefined,
  BRIDGEPORT_SIGSTORE_TRUST_ROOT: undefined,
  SCHEDULER_UPDATE_CHECK_INTERVAL: undefined,
  WEBHOOK_SECRET: undefined,
  GITHUB_WEBHOOK_SECRET: undefined,
  DOCKERHUB_WEBHOOK_SECRET: undefined,
  HARBOR_WEBHOOK_SECRET: undefined,
  QUAY_WEBHOOK_SECRET: undefined,
  ACR_WEBHOOK_SECRET: undefined,
  GITLAB_WEBHOOK_SECRET: undefined,
  GITEA_WEBHOOK_SECRET: undefined,
  ARTIFACTORY_WEBHOOK_SECRET: undefined,
  LOG_LEVEL: undefined,
  OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined,
};

/** The whole product as a user starts it: control plane, embedded PostgreSQL, local agent. */
export interface System {
  /** The console's and API's address. */
  readonly url: string;
  readonly dataDir: string;
  readonly admin: { email: string; password: string };
  /** What it printed since the first start. */
  output(): string;
  /** The control plane's pid, while it runs. */
  pid(): number | undefined;
  /** Pids of what it started: `agent` (the local agent) or `postgres` (the whole server). */
  pidsOf(part: "agent" | "postgres"): number[];
  /** A client logged in as the administrator. */
  login(): Promise<Api>;
  /** SIGKILL to the control plane alone, or with its agent or PostgreSQL at the same moment. */
  kill(also?: ("agent" | "postgres")[]): Promise<void>;
  /** SIGTERM and wait for the end; returns the exit code. */
  stop(): Promise<number | null>;
  /** Starts it again with the same data and addresses; returns the milliseconds until ready. */
  start(): Promise<number>;
  remove(): Promise<void>;
}

/** How to start the product. */
export interface SystemOptions {
  /** DOCKER_HOST of the local agent's engine; without it there is no local agent. */
  dockerHost?: string;
  /** `host:port` of console and API. Default: a free port of 127.0.0.1. */
  httpAddress?: string;
  admin?: { email: string; password: string };
  /** It has TLS of its own, which `env` names: then `url` is https, and `login` cannot be used. */
  tls?: boolean;
  /** More environment variables. */
  env?: Record<string, string>;
  /** What Node.js starts, at each start. Default: the product's own start command. */
  program?: () => string;
}

/**
 * Starts the product by its own start command, and waits until it is ready. Nothing is taken from a
 * configuration that this process happens to have.
 */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const scratch = createScratch("system");
  const httpAddress = options.httpAddress ?? `127.0.0.1:${await freePort()}`;
  const agentPort = await freePort();
  const url = `${options.tls ? "https" : "http"}://${httpAddress.replace(/^0\.0\.0\.0:|^\[::\]:/, "127.0.0.1:")}`;
  const dataDir = scratch.path("data");
  const admin = options.admin ?? {
    email: "admin@example.com",
    password: "correct horse battery",
  };
  const logFile = scratch.path("log");
  const env = {
    ...noConfiguration,
    BRIDGEPORT_DATA_DIR: dataDir,
    BRIDGEPORT_HTTP_ADDR: httpAddress,
    BRIDGEPORT_AGENT_ADDR: `127.0.0.1:${agentPort}`,
    BRIDGEPORT_ADMIN_EMAIL: admin.email,
    BRIDGEPORT_ADMIN_PASSWORD: admin.password,
    ...(options.dockerHost
      ? { DOCKER_HOST: options.dockerHost }
      : { DOCKER_HOST: "unix:///nonexistent.sock", BRIDGEPORT_LOCAL_AGENT: "off" }),
    ...options.env,
  };
  let process_: Started | undefined;

  const pidsOf = (part: "agent" | "postgres"): number[] => {
    const own = { agent: "agent.cjs", postgres: "postgres" }[part];
    return processesMentioning(scratch.dir).filter(
      (pid) => pid !== process_?.pid && commandLine(pid).includes(own),
    );
  };

  const system: System = {
    url,
    dataDir,
    admin,
    output: () => readFileSync(logFile, "utf8"),
    pid: () => (process_?.alive() ? process_.pid : undefined),
    pidsOf,
    login: () => login(url, admin.email, admin.password),
    async kill(also = []) {
      const pids = also.flatMap(pidsOf);
      if (process_) pids.unshift(process_.pid);
      for (const pid of pids) signal(pid, "SIGKILL");
      await waitFor(() => pids.every((pid) => !isAlive(pid)), { what: "the product to be killed" });
    },
    async stop() {
      return (await process_?.stop()) ?? null;
    },
    async start() {
      const began = performance.now();
      const before = existsSync(logFile) ? readFileSync(logFile).length : 0;
      const started = launchProcess(
        scratch,
        options.program?.() ?? launcher("start"),
        [],
        env,
        logFile,
      );
      process_ = started;
      await waitFor(
        async () => {
          if (!started.alive()) return true;
          if (options.tls) return system.output().slice(before).includes("is ready: https://");
          return (await fetch(`${url}/readyz`)).status === 200;
        },
        {
          what: "the product to be ready",
          everyMs: 10,
          explain: () => system.output().slice(-4000),
        },
      );
      if (!started.alive()) throw new Error(`The product did not start:\n${system.output()}`);
      return performance.now() - began;
    },
    async remove() {
      await process_?.stop();
      await scratch.remove();
    },
  };
  try {
    await system.start();
    return system;
  } catch (error) {
    await system.remove();
    throw error;
  }
}

/** An agent that was joined by hand to another engine. */
export interface JoinedAgent {
  /** The agent program's pid, while it runs. */
  pid(): number | undefined;
  readonly stateDir: string;
  output(): string;
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Starts it again with its state directory and no token. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Joins the engine at `dockerHost` with a join token, by the command that the README names. */
export async function startAgent(options: {
  url: string;
  token: string;
  dockerHost: string;
  /** `host:port` of the agent port. Default: what the control plane announces. */
  agentAddress?: string;
  env?: Record<string, string>;
  /** What is in its host's policy file. Default: there is no such file. */
  policy?: object;
  /** Which `agent.cjs` Node.js starts, at each start. Default: the command that the README names. */
  program?: () => string;
  /** The size of a disk of its own for its state, in memory, which can be filled. Default: it has none. */
  diskMegabytes?: number;
}): Promise<JoinedAgent> {
  const scratch = createScratch("agent");
  const program = options.program ?? (() => launcher("agent"));
  const logFile = scratch.path("log");
  const stateDir = scratch.path("state");
  if (options.diskMegabytes !== undefined) mountSmallDisk(stateDir, options.diskMegabytes);
  const state = ["--url", options.url, "--state-dir", stateDir];
  if (options.agentAddress) state.push("--agent-addr", options.agentAddress);
  if (options.policy) {
    writeFileSync(scratch.path("policy.json"), JSON.stringify(options.policy));
    state.push("--policy", scratch.path("policy.json"));
  }
  const env = { DOCKER_HOST: options.dockerHost, ...options.env };
  let process_ = launchProcess(
    scratch,
    program(),
    [...state, "--token", options.token],
    env,
    logFile,
  );
  // The launcher starts the agent as a process of its own.
  const programs = (): number[] =>
    processesMentioning(scratch.dir).filter((pid) => commandLine(pid).includes("agent.cjs"));

  return {
    pid: () => programs()[0],
    stateDir,
    output: () => readFileSync(logFile, "utf8"),
    async kill() {
      const pids = [...programs(), process_.pid];
      for (const pid of pids) signal(pid, "SIGKILL");
      await waitFor(() => pids.every((pid) => !isAlive(pid)), { what: "the agent to be killed" });
    },
    async stop() {
      await process_.stop();
    },
    async start() {
      process_ = launchProcess(scratch, program(), state, env, logFile);
    },
    async remove() {
      await process_.stop();
      await scratch.remove();
    },
  };
}

interface Started {
  pid: number;
  alive(): boolean;
  /** SIGTERM, and SIGKILL after 30 s. */
  stop(): Promise<number | null>;
}

function launchProcess(
  scratch: Scratch,
  program: string,
  args: string[],
  env: Record<string, string | undefined>,
  logFile: string,
): Started {
  const output = openSync(logFile, "a");
  const child = spawn(process.execPath, [program, ...args], {
    cwd: root,
    stdio: ["ignore", output, output],
    env: environmentOf(scratch.dir, { NODE_ENV: undefined, VITEST: undefined, ...env }),
  });
  closeSync(output);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started.`);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    alive,
    async stop() {
      if (alive()) child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 30_000);
      const code = await exited;
      clearTimeout(force);
      return code;
    },
  };
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
