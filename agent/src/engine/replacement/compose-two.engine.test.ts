import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ConfigChange } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "../../../../test/harness/docker-cli.ts";
import { TestJournal } from "../../../test/journal.ts";
import {
  openTestbed,
  runCommand,
  type Testbed,
  type TestImage,
} from "../../../test/real-engine.ts";
import { atLeast } from "../container/networks.ts";
import { engineVersion } from "../host.ts";
import type { ContainerInspection } from "../inspection.ts";
import { commitRuns } from "./commit.ts";
import { replaceContainer } from "./replace.ts";

const run = promisify(execFile);
let bed: Testbed;
let one: TestImage;
let two: TestImage;
let directory: string;
let project: string;
let environment: NodeJS.ProcessEnv;

/** Services as people write them for Compose 2; those with a file of each kind, and plain ones. */
function composeFile(image: string): string {
  return `
services:
  db:
    image: ${image}
    volumes: ["data:/data"]
    healthcheck: { test: ["CMD", "test", "-d", "/data"], interval: 1s }
    networks: { back: { aliases: [sql] } }
  web:
    image: ${image}
    depends_on: { db: { condition: service_healthy }, setup: { condition: service_completed_successfully } }
    networks: { front: { mac_address: "02:11:22:33:55:01" }, back: { mac_address: "02:11:22:33:55:02" } }
    configs:
      - inline
      - { source: inline, target: /etc/app/deep/app.conf, mode: 0440, uid: "103", gid: "104" }
      - { source: from-variable, target: /variable.conf }
      - file
    secrets:
      - file
      - { source: from-variable, target: token, mode: 0400, uid: "1000" }
    labels: { mine: "yes" }
    ports: ["127.0.0.1::8080"]
    annotations: { one: "1" }
    init: true
  sidecar:
    image: ${image}
    network_mode: service:web
    command: ["sleep", "600"]
    stop_signal: SIGKILL
    configs: [inline]
  setup:
    image: ${image}
    command: ["true"]
  worker:
    image: ${image}
    command: ["sleep", "600"]
    stop_signal: SIGKILL
    scale: 2
    configs: [{ source: inline, target: /etc/worker.conf }]
    read_only: false
  plain:
    image: ${image}
  debug:
    image: ${image}
    profiles: [debug]
    secrets: [from-variable]
configs:
  inline: { content: "mode = \${MODE}\\nümlaut" }
  from-variable: { environment: MODE }
  file: { file: ./file.conf }
secrets:
  file: { file: ./secret.txt }
  from-variable: { environment: TOKEN }
volumes: { data: {} }
networks: { front: {}, back: {} }
`;
}

/** In an order in which what others need comes first. */
const services = [
  ...["db-1", "web-1", "sidecar-1", "worker-1", "worker-2", "plain-1", "debug-1", "setup-1"],
];

/** Compose writes these into the container itself, by service. */
const files: Record<string, string[]> = {
  "web-1": ["/inline", "/etc/app/deep/app.conf", "/variable.conf", "/run/secrets/token"],
  "sidecar-1": ["/inline"],
  "worker-1": ["/etc/worker.conf"],
  "worker-2": ["/etc/worker.conf"],
  "debug-1": ["/run/secrets/from-variable"],
};

beforeAll(async () => {
  bed = await openTestbed();
  const labels = (of: string): string[] => [
    `LABEL com.docker.compose.project=${of}`,
    "LABEL com.docker.compose.service=web",
    "LABEL com.docker.compose.version=2.40.3",
  ];
  project = `${bed.prefix}c2`;
  // As Compose labels the images that it builds, here for this project and in CI for another.
  one = await bed.image("two-one", ...labels(project));
  const next = await bed.image(
    "two-two",
    ...labels("ci"),
    "LABEL com.docker.compose.oneoff=True",
    "ENV V=2",
  );
  // A later image of the same name, which is what the tag of the file is to stand for afterwards.
  const later = one.tag.replace(/v1$/, "v2");
  await bed.docker("tag", next.id, later);
  await bed.docker("push", "--quiet", later);
  two = { ...next, tag: one.tag, reference: `${one.tag}@${next.digest}` };
  directory = await mkdtemp(join(tmpdir(), "bridgeport-compose2-"));
  environment = { ...process.env, DOCKER_HOST: bed.host, HOME: directory };
  Object.assign(environment, { MODE: "production", TOKEN: "top secret" });
  await writeFile(join(directory, "file.conf"), "file");
  await writeFile(join(directory, "secret.txt"), "secret");
  await writeFile(join(directory, "compose.yaml"), composeFile(one.tag));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await bed.close();
});

async function compose(...args: string[]): Promise<string> {
  const options = { cwd: directory, env: environment };
  const all = ["-p", project, "-f", join(directory, "compose.yaml"), "--profile", "debug", ...args];
  const { stdout, stderr } = await run(clientOf(bed.host, "compose"), all, options);
  return stdout + stderr;
}

async function containers(): Promise<Map<string, ContainerInspection>> {
  const found = new Map<string, ContainerInspection>();
  for (const service of services) found.set(service, await bed.inspect(`${project}-${service}`));
  return found;
}

/** Every file of the container that Compose has written, as the engine's archive has it. */
async function filesOf(service: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of files[service] ?? []) {
    const archive = await bed.engine.docker
      .getContainer(`${project}-${service}`)
      .getArchive({ path });
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    found.set(path, Buffer.concat(chunks).toString("latin1"));
  }
  return found;
}

const composeLabels = ({ Config: config }: ContainerInspection): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config.Labels ?? {}).filter(
      ([key]) => key.startsWith("com.docker.compose.") && key !== "com.docker.compose.image",
    ),
  );

describe("a project of Compose 2", () => {
  it("keeps its files, networks and labels through a deploy, and is still Compose's", async ({
    skip,
  }) => {
    if (!existsSync(clientOf(bed.host, "compose"))) skip("Compose 2 is not there for this engine");
    const { ApiVersion: apiVersion } = await engineVersion(bed.engine);
    if (!atLeast(apiVersion, "1.44")) skip(`needs API 1.44, and this engine has ${apiVersion}`);
    await compose("up", "-d");
    const before = await containers();
    const contents = new Map<string, Map<string, string>>();
    for (const service of services) contents.set(service, await filesOf(service));

    const journal = new TestJournal();
    for (const service of services) {
      const containerName = `${project}-${service}`;
      const command = runCommand(containerName, two);
      const context = journal.begin(command);
      const result = await replaceContainer(bed.engine, command, context, () => false);
      expect([service, result.running]).toEqual([service, service !== "setup-1"]);
      expect(keptFiles(result.changes)).toEqual(
        (files[service] ?? []).map((path) => `Files.${path}`).sort(),
      );
      await commitRuns(
        bed.engine,
        {
          ...{ kind: "commit", serviceId: containerName, containerName },
          ...{ runCommandIds: [context.commandId], currentImageId: null, previousImageId: null },
        },
        journal.begin(command),
      );
    }

    const after = await containers();
    for (const [service, old] of before) {
      const current = after.get(service);
      if (current === undefined) throw new Error(`${service} is gone`);
      expect(current.Image).toBe(two.id);
      expect(await filesOf(service)).toEqual(contents.get(service));
      const { "com.docker.compose.oneoff": oneOff, ...labels } = composeLabels(current);
      expect({ ...labels, "com.docker.compose.oneoff": oneOff }).toEqual(composeLabels(old));
      const macs = ({ NetworkSettings: { Networks: networks } }: ContainerInspection) =>
        Object.values(networks ?? {}).flatMap(({ MacAddress: mac }) =>
          mac?.startsWith("02:11:") ? [mac] : [],
        );
      expect(macs(current).sort()).toEqual(macs(old).sort());
    }

    const listed = (await compose("ps", "-a", "-q")).trim().split("\n").sort();
    expect(listed).toEqual([...after.values()].map(({ Id: id }) => id).sort());
    // Compose counts the id of the container whose network another one is in as part of that one's
    // configuration, so it makes that one again after every other deploy of the first, its own too.
    const made = (output: string): string[] =>
      output.split("\n").filter((line) => /creat/i.test(line) && !line.includes("sidecar"));
    expect(made(await compose("up", "-d"))).toEqual([]);
    for (const [service, { Id: id }] of await containers()) {
      if (service !== "sidecar-1") expect(id).toBe(after.get(service)?.Id);
    }
    expect(await compose("up", "-d")).not.toMatch(/creat/i);
    await compose("down", "--volumes", "--timeout", "1");
    const left = (await bed.names()).filter((name) => name.startsWith(project));
    expect(left).toEqual([]);
  });
});

function keptFiles(changes: readonly ConfigChange[]): string[] {
  return changes
    .filter(({ field, origin }) => field.startsWith("Files.") && origin === "kept")
    .map(({ field }) => field)
    .sort();
}
