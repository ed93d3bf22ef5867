import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { freePort } from "./ports.ts";
import { isAlive, signal } from "./processes.ts";
import { createScratch, environmentOf } from "./scratch.ts";
import { waitFor } from "./wait.ts";

/** A real Prometheus of this test's own. */
export interface Prometheus {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** The series that an expression gives now: labels and value. Throws its error where it is none. */
  query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]>;
  /** The names of the rules it has loaded, each with whether it could be evaluated. */
  rules(): Promise<{ name: string; health: string }[]>;
  remove(): Promise<void>;
}

/**
 * Starts one on a free loopback port.
 * @param config its configuration, in YAML
 * @param files more files beside it, by name
 */
export async function startPrometheus(
  config: string,
  files: Record<string, string> = {},
): Promise<Prometheus> {
  const scratch = createScratch("prometheus");
  const url = `http://127.0.0.1:${await freePort()}`;
  writeFileSync(scratch.path("prometheus.yml"), config);
  for (const [name, text] of Object.entries(files)) writeFileSync(scratch.path(name), text);
  const logFile = scratch.path("log");
  const output = openSync(logFile, "a");
  const child = spawn(
    "prometheus",
    [
      `--config.file=${scratch.path("prometheus.yml")}`,
      `--storage.tsdb.path=${scratch.path("data")}`,
      `--web.listen-address=${url.replace("http://", "")}`,
    ],
    { stdio: ["ignore", output, output], env: environmentOf(scratch.dir), cwd: scratch.dir },
  );
  closeSync(output);
  child.once("error", () => undefined);
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error("Prometheus could not be started: is it installed?");

  async function ask<Data>(path: string): Promise<Data> {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as {
      status: string;
      error?: string;
      data: Data;
    };
    if (answer.status !== "success") throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }

  await waitFor(
    async () => {
      if (!isAlive(pid)) throw new Error("Prometheus has ended.");
      return (await fetch(`${url}/-/ready`)).ok;
    },
    { what: "Prometheus", explain: () => readFileSync(logFile, "utf8").slice(-2000) },
  );
  return {
    url,
    async query(expression) {
      type Result = { metric: Record<string, string>; value: [number, string] }[];
      const { result } = await ask<{ result: Result }>(
        `query?query=${encodeURIComponent(expression)}`,
      );
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async rules() {
      const { groups } = await ask<{ groups: { rules: { name: string; health: string }[] }[] }>(
        "rules",
      );
      return groups.flatMap(({ rules }) => rules);
    },
    async remove() {
      signal(pid, "SIGTERM");
      await waitFor(() => !isAlive(pid), { what: "Prometheus to end" });
      await scratch.remove();
    },
  };
}
