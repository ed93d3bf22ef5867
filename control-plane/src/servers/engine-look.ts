import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { agentFlags } from "./agent-flags.ts";

export interface EngineLookOptions {
  /** null: not set, so that the agent looks for the engine as the docker command line does */
  dockerHost: string | null;
  /** the agent's built program */
  program: string;
}

const defaultDockerHost = "unix:///var/run/docker.sock";
const patienceMs = 2000;

/**
 * Does a Docker Engine answer on this machine? A socket is asked here; for what a context of the docker
 * command line or certificates have a say in, the agent knows the rules, and is asked.
 * @returns null where one answers, else a sentence that says why not and what to do
 */
export async function whyNoEngine({
  dockerHost,
  program,
}: EngineLookOptions): Promise<string | null> {
  const address = dockerHost === null && !hasContext() ? defaultDockerHost : dockerHost;
  if (!address?.startsWith("unix://")) return await askAgent(program, dockerHost);
  const why = await whySocketIsSilent(address.slice("unix://".length));
  if (why === null) return null;
  const other =
    dockerHost === null
      ? "set DOCKER_HOST to where it listens"
      : "correct DOCKER_HOST, which names this address";
  return `no Docker Engine answers at ${address}: ${why}. Start Docker on this machine, or ${other}; or add other servers in the console, and set BRIDGEPORT_LOCAL_AGENT=off to do without this one.`;
}

/** What the agent goes by, and what Node.js and TLS need; nothing else of our environment is its business. */
const passedOn = new Set([
  ...["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"],
  ...["LOG_LEVEL", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSH_AUTH_SOCK"],
]);

/** The environment of the local agent, without our secrets. */
export function agentEnvironment(
  dockerHost: string | null,
  ours: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const passed = Object.fromEntries(
    Object.entries(ours).filter(
      ([name]) => name.startsWith("DOCKER_") || passedOn.has(name.toUpperCase()),
    ),
  );
  return dockerHost === null ? passed : { ...passed, DOCKER_HOST: dockerHost };
}

function hasContext(): boolean {
  const directory = process.env.DOCKER_CONFIG || join(homedir(), ".docker");
  return Boolean(process.env.DOCKER_CONTEXT) || existsSync(join(directory, "config.json"));
}

const reasons: Record<string, string> = {
  ENOENT: "there is no such socket",
  EACCES: "this user may not use the socket (the group docker usually may)",
  EPERM: "this user may not use the socket (the group docker usually may)",
  ECONNREFUSED: "nothing listens on the socket",
  ENOTSOCK: "that is no socket",
};

/** Null where it answers as an engine does. */
function whySocketIsSilent(socketPath: string): Promise<string | null> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: "/_ping", timeout: patienceMs }, (answer) => {
      answer.resume();
      const { statusCode } = answer;
      resolve(statusCode === 200 ? null : `it answers a ping with status ${statusCode}`);
    });
    ping.on("timeout", () => {
      resolve(`it gives no answer within ${patienceMs / 1000} s`);
      ping.destroy();
    });
    ping.on("error", (error: NodeJS.ErrnoException) => {
      resolve(reasons[error.code ?? ""] ?? error.message);
    });
    ping.end();
  });
}

function askAgent(program: string, dockerHost: string | null): Promise<string | null> {
  return new Promise((resolve) => {
    const check = spawn(process.execPath, [...agentFlags(), program, "--check-engine"], {
      stdio: ["ignore", "ignore", "pipe"],
      env: agentEnvironment(dockerHost),
    });
    const lines: Buffer[] = [];
    check.stderr?.on("data", (chunk: Buffer) => lines.push(chunk));
    check.on("error", (error) => resolve(error.message));
    check.on("close", (code) => {
      const reason = Buffer.concat(lines).toString().trim();
      resolve(code === 0 ? null : reason || `the look for one ended with code ${code}`);
    });
  });
}
