import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Replica } from "./balancer.ts";
import { freePort } from "./ports.ts";
import { isAlive, signal } from "./processes.ts";
import { createScratch, environmentOf } from "./scratch.ts";
import { waitFor } from "./wait.ts";

const example = fileURLToPath(new URL("../../packaging/replicas/haproxy.cfg", import.meta.url));

/** A real HAProxy with the configuration that the documentation gives. */
export interface Haproxy {
  /** `http://127.0.0.1:port` of console and API */
  readonly url: string;
  /** `127.0.0.1:port` for agents */
  readonly agentAddress: string;
  output(): string;
  remove(): Promise<void>;
}

/**
 * Starts one before three replicas, and waits until it passes requests on. Of the configuration only the
 * addresses are others.
 */
export async function startHaproxy(
  replicas: readonly [Replica, Replica, Replica],
): Promise<Haproxy> {
  const scratch = createScratch("haproxy");
  const [httpPort, agentPort] = [await freePort(), await freePort()];
  let config = readFileSync(example, "utf8");
  const put = (text: string, by: string): void => {
    if (!config.includes(text)) throw new Error(`${example} has no ${text} any longer.`);
    config = config.replaceAll(text, by);
  };
  put("bind :3000", `bind 127.0.0.1:${httpPort}`);
  put("bind :7443", `bind 127.0.0.1:${agentPort}`);
  for (const [at, { url, agentAddress }] of replicas.entries()) {
    const { host, port } = new URL(url);
    put(`bridgeport-${at + 1}:3000`, host);
    put(`bridgeport-${at + 1}:7443 check port 3000`, `${agentAddress} check port ${port}`);
  }
  const file = scratch.path("haproxy.cfg");
  writeFileSync(file, config);
  const logFile = scratch.path("log");
  const output = openSync(logFile, "a");
  const child = spawn("haproxy", ["-db", "-f", file], {
    stdio: ["ignore", output, output],
    env: environmentOf(scratch.dir),
    cwd: scratch.dir,
  });
  closeSync(output);
  child.once("error", () => undefined);
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error("HAProxy could not be started: is it installed?");
  const url = `http://127.0.0.1:${httpPort}`;
  const said = () => readFileSync(logFile, "utf8");
  const ready = async () => !isAlive(pid) || (await fetch(`${url}/readyz`)).ok;
  await waitFor(ready, { what: "HAProxy", explain: () => said().slice(-2000) });
  if (!isAlive(pid)) throw new Error(`HAProxy has ended:\n${said()}`);
  return {
    url,
    agentAddress: `127.0.0.1:${agentPort}`,
    output: said,
    async remove() {
      signal(pid, "SIGKILL");
      await waitFor(() => !isAlive(pid), { what: "HAProxy to end" });
      await scratch.remove();
    },
  };
}
