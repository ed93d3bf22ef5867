import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, login } from "../harness/api.ts";
import { mountsBelow } from "../harness/mounts.ts";
import { freePort } from "../harness/ports.ts";
import { isAlive, processesMentioning, signal, startTime } from "../harness/processes.ts";
import type {
  ContainerImage,
  Environment,
  HistoryEntry,
  Plan,
  Server,
  Service,
} from "../harness/resources.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { waitFor } from "../harness/wait.ts";

let scratch: Scratch;
beforeAll(() => {
  scratch = createScratch("demo-test");
});
afterAll(() => scratch?.remove());

function launch(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const program = fileURLToPath(new URL("../demo/run.mjs", import.meta.url));
  const child = spawn(process.execPath, [program], {
    stdio: ["ignore", "pipe", "pipe"],
    env: environmentOf(scratch.dir, { NODE_ENV: undefined, VITEST: undefined, ...env }),
  });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { child, output: () => Buffer.concat(chunks).toString() };
}

describe("a demo that cannot be", () => {
  const refused = async (env: Record<string, string>): Promise<string[]> => {
    const { child, output } = launch(env);
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(1);
    return output().trim().split("\n");
  };

  test("a port that is taken is one line that names another", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const lines = await refused({ BRIDGEPORT_HTTP_ADDR: `127.0.0.1:${port}` });
    server.close();
    expect(lines).toEqual([expect.stringContaining(`127.0.0.1:${port + 1} npm run demo`)]);
  });

  test("an engine that does not answer is one line", async () => {
    const lines = await refused({ DOCKER_HOST: `unix://${scratch.path("none.sock")}` });
    expect(lines).toEqual([expect.stringContaining("No Docker Engine answers")]);
  });
});

describe("the demo", () => {
  let demo: ReturnType<typeof launch>;
  let main: number;
  let api: Api;
  let environment: Environment;
  let address: string;
  const images = new Map<string, ContainerImage>();

  beforeAll(async () => {
    address = `127.0.0.1:${await freePort()}`;
    demo = launch({ BRIDGEPORT_HTTP_ADDR: address });
    await waitFor(
      () => {
        if (demo.child.exitCode !== null) throw new Error("The demo has ended.");
        return demo.output().includes("The demo is running.");
      },
      { what: "the demo's box", explain: demo.output },
    );
    main = processesMentioning(scratch.dir).find((pid) => parentOf(pid) === demo.child.pid) ?? 0;
    const said = (what: string): string =>
      new RegExp(`${what} +(\\S+)`).exec(demo.output())?.[1] ?? "";
    expect(said("Console")).toBe(`http://${address}`);
    api = await login(said("Console"), said("E-mail"), said("Password"));
    const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
    environment = environments[0] as Environment;
    await readImages();
  });
  afterAll(async () => {
    if (demo.child.exitCode === null) demo.child.kill("SIGINT");
    await waitFor(() => demo.child.exitCode !== null, {
      what: "the demo to end",
    });
  });

  async function readImages(): Promise<void> {
    const path = `/api/environments/${environment.id}/container-images`;
    const list = await api.get<{ images: ContainerImage[] }>(path);
    for (const { id, imageName } of list.images) {
      const { image } = await api.get<{ image: ContainerImage }>(`/api/container-images/${id}`);
      images.set(imageName.split("/").at(-1) ?? "", image);
    }
  }

  async function deploy(name: string, tag: string): Promise<Plan> {
    const { plan } = await api.post<{ plan: Plan }>(
      `/api/container-images/${images.get(name)?.id}/deploy`,
      { tag },
    );
    return api.planEnd(plan.id);
  }

  async function runningTags(name: string): Promise<(string | undefined)[]> {
    const { services } = await api.get<{ services: Service[] }>(
      `/api/environments/${environment.id}/services`,
    );
    const image = images.get(name);
    return services
      .filter(({ containerImageId }) => containerImageId === image?.id)
      .map(({ runningDigest }) =>
        image?.digests.find(({ manifestDigest }) => manifestDigest === runningDigest),
      )
      .map((digest) => digest?.bestTag ?? undefined);
  }

  test("has three servers, six services with both kinds of dependencies, and a first deploy", async () => {
    const path = `/api/environments/${environment.id}`;
    const { servers } = await api.get<{ servers: Server[] }>(`${path}/servers`);
    expect(servers.map(({ status, serviceCount }) => `${status} ${serviceCount}`)).toEqual(
      Array(3).fill("online 2"),
    );
    const graph = await api.get<{ nodes: unknown[]; edges: { type: string }[] }>(
      `${path}/dependency-graph`,
    );
    expect(graph.nodes).toHaveLength(6);
    expect(new Set(graph.edges.map(({ type }) => type))).toEqual(
      new Set(["health_before", "deploy_after"]),
    );
    expect([...images.keys()].sort()).toEqual(["checkout", "search", "shop"]);
    expect(images.get("shop")).toMatchObject({ tagFilter: "v*.*.*", updateAvailable: true });
    expect(images.get("search")).toMatchObject({ autoUpdate: true, updateAvailable: false });
    for (const [name, { id, registryConnectionId }] of images) {
      expect(registryConnectionId, name).not.toBeNull();
      const { history } = await api.get<{ history: HistoryEntry[] }>(
        `/api/container-images/${id}/history`,
      );
      expect(history, name).toMatchObject([{ status: "success" }]);
    }
  });

  test("a deploy succeeds, and the shop says so; rolled back by hand, it is as before", async () => {
    const plan = await deploy("shop", "v1.2.0");
    expect(plan).toMatchObject({ status: "completed", error: null });
    const order = plan.steps.filter(({ action }) => action === "deploy");
    expect(order.map(({ service }) => service?.name)).toEqual([
      "shop-api",
      "shop-web",
      "shop-worker",
    ]);
    const shop = /http:\S+/.exec(demo.output().split("version it is:")[1] ?? "")?.[0] ?? "";
    expect(await (await fetch(shop)).text()).toBe("1.2.0\n");

    await api.post(`/api/deployment-plans/${plan.id}/rollback`);
    await api.until<{ plan: Plan }>(
      `/api/deployment-plans/${plan.id}`,
      (body) => body.plan.status === "rolled_back",
    );
    expect(await (await fetch(shop)).text()).toBe("1.1.0\n");
  });

  test("a deploy fails at its page, and both services go back", async () => {
    const plan = await deploy("checkout", "v3.2.0");
    expect(plan.status).toBe("rolled_back");
    const failed = plan.steps.find(({ status }) => status === "failed");
    expect(failed?.service?.name).toBe("checkout-web");
    expect(`${failed?.error} ${failed?.logs}`).toContain("the checkout page answers 500");
    await waitFor(async () => (await runningTags("checkout")).join() === "v3.1.0,v3.1.0", {
      what: "both services to run what they ran before",
    });
  });

  test("Ctrl-C leaves nothing", async () => {
    const owned = `-${main}-${startTime(main)}-`;
    const dirs = readdirSync(tmpdir())
      .filter((name) => name.includes(owned))
      .map((name) => join(tmpdir(), name));
    const slots = join(tmpdir(), "bridgeport-slots");
    const held = readdirSync(slots)
      .map((slot) => join(slots, slot))
      .filter((slot) => readFileSync(slot, "utf8").includes(owned));
    const bridges = held.map((slot) => `/sys/class/net/bptest${slot.split("/").at(-1)}`);
    const started = () => [scratch.dir, ...dirs].flatMap(processesMentioning);
    const processes = started();
    expect(held).toHaveLength(3);
    expect(bridges.every((bridge) => existsSync(bridge))).toBe(true);
    expect(dirs.flatMap(mountsBelow).length).toBeGreaterThan(0);
    expect(processes.length).toBeGreaterThan(10);

    // A terminal's Ctrl-C arrives once by itself and once through npm.
    for (let times = 0; times < 2; times++) signal(demo.child.pid as number, "SIGINT");
    await waitFor(() => demo.child.exitCode !== null, {
      what: "the demo to end",
      explain: demo.output,
    });

    expect(demo.child.exitCode).toBe(0);
    expect(demo.output()).toContain("Nothing is left.");
    expect(processes.filter((pid) => isAlive(pid))).toEqual([]);
    expect(started()).toEqual([]);
    expect(dirs.filter((dir) => existsSync(dir))).toEqual([]);
    expect(dirs.flatMap(mountsBelow)).toEqual([]);
    expect([...held, ...bridges].filter((path) => existsSync(path))).toEqual([]);
  });
});

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
