import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageAgentAs } from "../harness/agent-package.ts";
import type { Api } from "../harness/api.ts";
import { type DockerCli, dockerCli } from "../harness/docker-cli.ts";
import { type Engine, startEngine } from "../harness/engine.ts";
import { type Host, hasHostRoot, startHost } from "../harness/host.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import type { ContainerImage, Environment, Plan, Server, Service } from "../harness/resources.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { copySources } from "../harness/sources.ts";
import { launcher, type System, startSystem } from "../harness/system.ts";

/*
 * An installation from its first day on, from what is built: two servers join by the line that the console
 * shows, an image is deployed, everything is upgraded by one version while a plan runs, the control plane
 * is backed up, lost and restored, and goes on as it was.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const former = "0.0.9";
const dockerGroup = 4321;
const passphrase = "a long enough passphrase";

interface Place {
  name: string;
  engine: Engine;
  docker: DockerCli;
  host: Host;
  server: Server;
}

let scratch: Scratch;
let registry: Registry;
let system: System;
let api: Api;
let environment: Environment;
let program: string;
let now: string;
const places: Place[] = [];
let image: ContainerImage;
const versions: PushedImage[] = [];

/** The control plane of these sources, which calls itself the former version. */
async function buildFormer(): Promise<string> {
  const copy = scratch.path("former");
  const PATH = copySources(copy);
  const manifest = join(copy, "control-plane/package.json");
  const described = JSON.parse(readFileSync(manifest, "utf8"));
  now = described.version;
  writeFileSync(manifest, JSON.stringify({ ...described, version: former }));
  await promisify(execFile)(process.execPath, ["build.mjs"], {
    cwd: join(copy, "control-plane"),
    env: { ...process.env, PATH },
  });
  return join(copy, "control-plane/dist/main.js");
}

const none = !hasHostRoot("12") || !hasHostRoot("13");

beforeAll(async () => {
  if (none) return;
  scratch = createScratch("life");
  const packages = scratch.path("packages");
  program = await buildFormer();
  await packageAgentAs(former, packages);
  await packageAgentAs(now, packages);
  registry = await startRegistry();
  system = await startSystem({
    program: () => program,
    env: { BRIDGEPORT_AGENT_PACKAGES: packages },
  });
  api = await system.login();
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  environment = environments[0] as Environment;
});
afterAll(async () => {
  for (const { host, docker, engine } of places) {
    await host.remove();
    await docker.remove();
    await engine.remove();
  }
  await system?.remove();
  await registry?.remove();
  await scratch?.remove();
});

interface Upgradable extends Server {
  agentVersion: string;
  agentUpgrade: { status: string } | null;
}
const server = async (place: Place) =>
  (await api.get<{ server: Upgradable }>(`/api/servers/${place.server.id}`)).server;

async function join_(name: string, debian: "12" | "13"): Promise<void> {
  const engine = await startEngine();
  chownSync(engine.socket, 0, dockerGroup);
  const host = await startHost(debian, engine.socket);
  await host.sh(`echo docker:x:${dockerGroup}: >>/etc/group`);
  const added = await api.post<{ server: Server; join: { command: string } }>(
    `/api/environments/${environment.id}/servers`,
    { name },
  );
  places.push({ name, engine, host, docker: dockerCli(engine.host), server: added.server });
  expect(await host.sh(added.join.command)).toMatchObject({ code: 0 });
}

async function deploy(tag: string): Promise<Plan> {
  const { plan } = await api.post<{ plan: Plan }>(`/api/container-images/${image.id}/deploy`, {
    tag,
  });
  return plan;
}

async function expectRuns({ digest, name }: PushedImage, tag: string): Promise<void> {
  for (const { docker } of places) {
    expect((await docker.inspect("app")).Config.Image).toBe(`${name}:${tag}@${digest}`);
  }
}

/** What an operator would miss. */
async function state(): Promise<unknown> {
  const list = async (what: string, key: string): Promise<Record<string, unknown>[]> =>
    (
      await api.get<Record<string, Record<string, unknown>[]>>(
        `/api/environments/${environment.id}/${what}?limit=100`,
      )
    )[key] ?? [];
  const of = (rows: Record<string, unknown>[], ...keys: string[]) =>
    rows
      .map((row) => Object.fromEntries(keys.map((key) => [key, row[key]])))
      .sort((a, b) => String(a.id).localeCompare(String(b.id)));
  return {
    servers: of(await list("servers", "servers"), "id", "name", "agentVersion"),
    services: of(await list("services", "services"), "id", "containerName", "deployedDigestId"),
    images: of(await list("container-images", "images"), "id", "imageName", "tagFilter"),
    plans: of(await list("deployment-plans", "plans"), "id", "name", "status", "imageDigest"),
    registries: of(await list("registries", "registries"), "id", "name", "registryUrl"),
  };
}

/** A command of the control plane's own, beside its data. */
async function command(name: "backup" | "restore", args: string[]): Promise<void> {
  const child = spawn(process.execPath, [join(root, `control-plane/launch/${name}.mjs`), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environmentOf(scratch.dir, {
      DATABASE_URL: undefined,
      BRIDGEPORT_MASTER_KEY: undefined,
      BRIDGEPORT_DATA_DIR: system.dataDir,
      BRIDGEPORT_BACKUP_PASSPHRASE: passphrase,
    }),
  });
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stderr.on("data", (chunk) => (said += chunk));
  const [code] = await once(child, "close");
  expect(code, said).toBe(0);
}

describe.skipIf(none)("an installation", () => {
  test("two servers join by the line that is shown", async () => {
    await join_("first", "12");
    await join_("second", "13");
    for (const place of places) {
      expect(await server(place)).toMatchObject({ status: "online", agentVersion: former });
    }
  });

  test("an image is deployed to both", async () => {
    for (const version of ["1", "2", "3", "4"]) {
      const labels = { version, health: "healthy" } as const;
      versions.push(await pushImage(registry, "life/app", `v${version}`, labels));
    }
    const [one, two] = versions as [PushedImage, PushedImage];
    for (const { docker } of places) {
      await docker.run("run", "-d", "--name", "app", "--restart", "always", one.reference);
    }
    const { registry: connection } = await api.post<{ registry: { id: string } }>(
      `/api/environments/${environment.id}/registries`,
      { name: "life", type: "generic", registryUrl: `http://${registry.host}` },
    );
    await api.until<{ services: Service[] }>(
      `/api/environments/${environment.id}/services?limit=100`,
      ({ services }) => services.filter((one) => one.containerName === "app").length === 2,
      { what: "both containers to be discovered" },
    );
    const { images } = await api.get<{ images: ContainerImage[] }>(
      `/api/environments/${environment.id}/container-images`,
    );
    image = images.find(({ imageName }) => imageName === one.name) as ContainerImage;
    await api.patch(`/api/container-images/${image.id}`, {
      tagFilter: "v*",
      registryConnectionId: connection.id,
    });
    await api.post(`/api/container-images/${image.id}/check-updates`);
    const plan = await api.planEnd((await deploy("v2")).id);
    expect(plan).toMatchObject({ status: "completed", error: null });
    await expectRuns(two, "v2");
  });

  test("the control plane is upgraded while a plan runs", async () => {
    const plan = await deploy("v3");
    await system.kill();
    program = launcher("start");
    await system.start();
    api = await system.login();
    expect(await api.planEnd(plan.id)).toMatchObject({ status: "completed", error: null });
    await expectRuns(versions[2] as PushedImage, "v3");
    expect((await api.get<{ version: string }>("/api/agent/package")).version).toBe(now);
  });

  test("the agents are upgraded while a plan runs", async () => {
    const plan = await deploy("v4");
    await api.post(`/api/environments/${environment.id}/upgrade-agents`, { batch: 2 });
    for (const place of places) {
      await api.until<{ server: Upgradable }>(
        `/api/servers/${place.server.id}`,
        ({ server }) => server.agentUpgrade?.status === "succeeded",
        { what: `the agent of ${place.name} to be upgraded` },
      );
      expect(await server(place)).toMatchObject({ status: "online", agentVersion: now });
    }
    expect(await api.planEnd(plan.id)).toMatchObject({ status: "completed", error: null });
    await expectRuns(versions[3] as PushedImage, "v4");
  });

  test("it is backed up, lost, restored, and as it was", async () => {
    const before = await state();
    const file = join(scratch.dir, "bridgeport.backup");
    await command("backup", [file]);
    await system.kill(["postgres"]);
    rmSync(system.dataDir, { recursive: true });
    await command("restore", [file]);
    await system.start();
    api = await system.login();
    for (const place of places) {
      await api.until<{ server: Upgradable }>(
        `/api/servers/${place.server.id}`,
        ({ server }) => server.status === "online",
        { what: `the agent of ${place.name} to come back` },
      );
    }
    expect(await state()).toEqual(before);
    const plan = await api.planEnd((await deploy("v2")).id);
    expect(plan).toMatchObject({ status: "completed", error: null });
    await expectRuns(versions[1] as PushedImage, "v2");
  });

  test("an agent is removed, and its containers go on", async () => {
    const [place] = places as [Place];
    const { output, code } = await place.host.sh(
      `curl -fsSL ${system.url}/api/agent/install.sh | sh -s -- --uninstall`,
    );
    expect(code, output).toBe(0);
    expect((await place.docker.inspect("app")).State.Running).toBe(true);
  });
});
