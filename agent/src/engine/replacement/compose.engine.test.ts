import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CommitCommand } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comparable, expectedAfter, type ImagePair, imagePair } from "../../../test/fidelity.ts";
import { TestJournal } from "../../../test/journal.ts";
import { openTestbed, runCommand, type Testbed } from "../../../test/real-engine.ts";
import type { ContainerInspection } from "../inspection.ts";
import { commitRuns } from "./commit.ts";
import { replaceContainer } from "./replace.ts";

const run = promisify(execFile);
let bed: Testbed;
let pair: ImagePair;
let directory: string;
let project: string;

/** Services as people write them, in the format of Compose 1.29. */
function composeFile(image: string): string {
  return `
version: "2.4"
services:
  web:
    image: ${image}
    depends_on: [db]
    links: ["db:database"]
    ports: ["127.0.0.1::8080"]
    environment: { MINE: "1", VERSION: mine }
    labels: { mine: "yes" }
    networks:
      front: { ipv4_address: 10.199.61.10, aliases: [www, shop] }
      back: {}
    restart: unless-stopped
    mem_limit: 64m
    cpus: 0.5
  db:
    image: ${image}
    volumes: ["data:/data", "/scratch", "./:/config:ro"]
    networks: { back: { aliases: [sql] } }
    healthcheck: { test: ["CMD", "ls", "/"], interval: 50s, retries: 2 }
    stop_grace_period: 3s
    ulimits: { nofile: { soft: 1024, hard: 2048 } }
    shm_size: 16m
  sidecar:
    image: ${image}
    network_mode: service:db
    pid: service:db
    entrypoint: ["sleep", "600"]
    stop_signal: SIGKILL
  worker:
    image: ${image}
    command: ["sleep", "600"]
    stop_signal: SIGKILL
    tmpfs: ["/run", "/cache:size=1m"]
    read_only: true
    cap_add: [NET_ADMIN]
    cap_drop: [MKNOD]
    sysctls: { net.core.somaxconn: 512 }
    init: true
    user: "1000"
    logging: { driver: json-file, options: { max-size: 1m } }
    extra_hosts: ["one:10.0.0.1"]
    dns: [10.0.0.53]
    network_mode: bridge
    mac_address: 02:11:22:33:44:66
  anonymous:
    image: ${image}
    network_mode: none
    healthcheck: { disable: true }
volumes: { data: {} }
networks:
  front: { ipam: { config: [{ subnet: 10.199.61.0/24 }] } }
  back: {}
`;
}

const own: Record<string, string[]> = {
  web: ["Env.MINE", "Env.VERSION", "Labels.mine"],
  db: [
    "Volumes./scratch",
    "Volumes./config",
    "Healthcheck.Test",
    "Healthcheck.Interval",
    "Healthcheck.Retries",
  ],
  sidecar: ["Entrypoint", "Cmd", "StopSignal"],
  worker: ["Cmd", "StopSignal", "User", "Volumes./cache", "Volumes./run"],
  anonymous: ["Healthcheck.Test"],
};

beforeAll(async () => {
  bed = await openTestbed();
  pair = await imagePair(bed);
  project = `${bed.prefix}c`;
  directory = await mkdtemp(join(tmpdir(), "bridgeport-compose-"));
  await writeFile(join(directory, "docker-compose.yml"), composeFile(pair.one.tag));
});
afterAll(async () => {
  await compose("down", "--volumes", "--timeout", "1").catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
  await bed.close();
});

async function compose(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run("docker-compose", ["-p", project, ...args], {
    cwd: directory,
    env: { ...process.env, DOCKER_HOST: bed.host, HOME: directory },
  });
  return stdout + stderr;
}

async function containers(): Promise<Map<string, ContainerInspection>> {
  const found = new Map<string, ContainerInspection>();
  for (const service of Object.keys(own)) {
    found.set(service, await bed.inspect(`${project}_${service}_1`));
  }
  return found;
}

describe("a project of Compose", () => {
  it("keeps every setting through a deploy, and is still Compose's", async () => {
    await compose("up", "-d");
    const before = await containers();
    await bed.docker(
      "exec",
      `${project}_db_1`,
      "sh",
      "-c",
      "echo precious | tee /data/a /scratch/b",
    );
    const journal = new TestJournal();
    for (const service of ["db", "sidecar", "web", "worker", "anonymous"]) {
      const name = `${project}_${service}_1`;
      const command = runCommand(name, pair.two);
      const context = journal.begin(command);
      const result = await replaceContainer(bed.engine, command, context, () => false);
      expect(result.recreatedDependents).toEqual(service === "db" ? [`${project}_sidecar_1`] : []);
      const commit: CommitCommand = {
        kind: "commit",
        serviceId: `${project}-${service}`,
        containerName: name,
        runCommandIds: [context.commandId],
        currentImageId: null,
        previousImageId: null,
      };
      await commitRuns(bed.engine, commit, journal.begin(commit));
    }

    const after = await containers();
    for (const [service, old] of before) {
      const current = after.get(service);
      if (current === undefined) throw new Error(`${service} is gone`);
      expect(current.Image).toBe(pair.two.id);
      expectSame(service, old, current, before, after);
    }
    const read = await bed.docker("exec", `${project}_db_1`, "cat", "/data/a", "/scratch/b");
    expect(read).toBe("precious\nprecious");

    expect(await compose("ps", "-q")).toBe(
      `${["anonymous", "db", "sidecar", "web", "worker"].map((service) => after.get(service)?.Id).join("\n")}\n`,
    );
    const up = await compose("up", "-d");
    expect(up).not.toMatch(/recreating|creating|starting/i);
    for (const [service, current] of await containers()) {
      expect(current.Id).toBe(after.get(service)?.Id);
    }
  });
});

function expectSame(
  service: string,
  old: ContainerInspection,
  current: ContainerInspection,
  before: Map<string, ContainerInspection>,
  after: Map<string, ContainerInspection>,
): void {
  const labels = Object.keys(old.Config.Labels ?? {}).filter((key) =>
    key.startsWith("com.docker."),
  );
  expect(labels.length).toBeGreaterThan(5);
  const fields = [...(own[service] ?? []), ...labels.map((key) => `Labels.${key}`)];
  const mounted = new Set(old.Mounts?.map(({ Destination: path }) => path));
  const more = Object.keys(pair.twoConfig.Volumes ?? {}).filter((path) => !mounted.has(path));
  const expected = expectedAfter(old, pair, fields) as Side;
  const found = comparable(current, current.Id, more) as Side;
  for (const path of more) {
    expected.Mounts.push({ Type: "volume", Name: "new", Destination: path, RW: true, Mode: "" });
  }
  const providerBefore = before.get("db")?.Id ?? "";
  const providerAfter = after.get("db")?.Id ?? "";
  expect(tidy(found)).toEqual(
    tidy(expected, (text) =>
      text
        .replaceAll(providerBefore, providerAfter)
        // The host name of a container in another's network is that one's.
        .replaceAll(providerBefore.slice(0, 12), providerAfter.slice(0, 12)),
    ),
  );
}

interface Side {
  Mounts: unknown[];
  HostConfig: Record<string, unknown>;
}

/** Compose and the engine write "nothing" in many ways, and lists in any order. */
function tidy(side: Side, replace: (text: string) => string = (text) => text): unknown {
  const mounts = side.Mounts.map((mount) => JSON.stringify(mount)).sort();
  const isNothing = (value: unknown): boolean =>
    value === null ||
    value === undefined ||
    (typeof value === "object" && Object.keys(value).length === 0);
  const host = Object.entries(side.HostConfig).filter(([, value]) => !isNothing(value));
  return JSON.parse(
    replace(JSON.stringify({ ...side, Mounts: mounts, HostConfig: Object.fromEntries(host) })),
  );
}
