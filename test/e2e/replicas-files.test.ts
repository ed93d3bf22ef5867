import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";

/* What compose.replicas.yaml and HAProxy's configuration say of each other, and of compose.yaml. */

interface Compose {
  services: Record<string, Record<string, unknown> & { environment: Record<string, string> }>;
  secrets: unknown;
}

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const compose = (name: string) =>
  parse(readFileSync(path(name), "utf8"), { merge: true }) as Compose;
const one = compose("compose.yaml");
const several = compose("compose.replicas.yaml");
const replicas = Object.keys(several.services).filter((name) => name.startsWith("bridgeport-"));

test("each replica is one that HAProxy knows, by both of its ports", () => {
  const config = readFileSync(path("packaging/replicas/haproxy.cfg"), "utf8");
  const servers = [...config.matchAll(/^ {2}server \S+ ([a-z0-9-]+):(\d+)/gm)];
  expect(servers.map(([, name, port]) => `${name}:${port}`).sort()).toEqual(
    replicas.flatMap((name) => [`${name}:3000`, `${name}:7443`]).sort(),
  );
});

test("replicas and PostgreSQL are set up as where there is one", () => {
  expect(several.services.postgres).toEqual(one.services.postgres);
  expect(several.secrets).toEqual(one.secrets);
  expect(replicas).toHaveLength(3);
  for (const name of replicas) {
    const { environment, ...replica } = several.services[name] ?? { environment: {} };
    expect(environment).toMatchObject(one.services.bridgeport?.environment ?? {});
    for (const part of ["read_only", "cap_drop", "security_opt", "secrets", "stop_grace_period"]) {
      expect(replica[part], part).toEqual(one.services.bridgeport?.[part]);
    }
  }
});

test("HAProxy takes its configuration", () => {
  const args = ["-c", "-f", path("packaging/replicas/haproxy.cfg")];
  const { status, stderr } = spawnSync("haproxy", args, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  // The names of the replicas are those of another machine's network.
  const said = stderr.split("\n").filter((line) => /WARNING|ALERT/.test(line));
  expect(said.filter((line) => !line.includes("could not resolve address"))).toEqual([]);
});
