import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ContainerReport } from "@bridgeport/proto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BreakableEngine, breakableEngine } from "./engine/breakable-engine.fixture.ts";
import { importBusybox, TestContainers, testEngine } from "./engine/busybox.fixture.ts";
import {
  type TestAuthority,
  type TestGateway,
  type TestStream,
  testAuthority,
  testEnrolment,
  testGateway,
} from "./link/control-plane.fixture.ts";
import { waitUntil } from "./wait-until.fixture.ts";

/** Tests of the built program as a process, with a real engine and a control plane that the test controls. */

const engine = testEngine();
let program: string;
let programDirectory: string;
let image: string;
let containers: TestContainers;
let authority: TestAuthority;
let gateway: TestGateway;
let enrolment: Awaited<ReturnType<typeof testEnrolment>>;
let proxy: BreakableEngine;
let stateDir: string;
let agents: Agent[];
let certificateLife: { from: number; to: number } | undefined;

/** Earlier ones warn that the other flag implies it, later ones do not know it. */
const quietly = Number.parseInt(process.versions.node, 10) < 24 ? ["--no-expose-wasm"] : [];

class Agent {
  readonly process: ChildProcess;
  output = "";
  exitCode: number | null = null;

  constructor(...args: string[]) {
    this.process = spawn(
      process.execPath,
      ["--lite-mode", ...quietly, program, "--state-dir", stateDir, ...args],
      { env: { PATH: process.env.PATH, DOCKER_HOST: proxy.host, LOG_LEVEL: "debug" } },
    );
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on("data", (data) => {
        this.output += data;
      });
    }
    this.process.on("exit", (code) => {
      this.exitCode = code ?? -1;
    });
    agents.push(this);
  }

  async exited(): Promise<number> {
    await waitUntil("the agent has ended", () => this.exitCode !== null);
    return this.exitCode ?? -1;
  }
}

/** Starts an agent, which enrols unless the state directory has an identity already. */
function startAgent(...more: string[]): Agent {
  return new Agent("--url", enrolment.url, "--token", authority.newToken(), ...more);
}

async function connected(n = 0): Promise<TestStream> {
  const stream = await gateway.stream(n);
  await stream.message("hello");
  stream.welcome();
  return stream;
}

beforeAll(async () => {
  programDirectory = await mkdtemp(join(tmpdir(), "agent-program-"));
  program = join(programDirectory, "agent.cjs");
  const build = fileURLToPath(new URL("../build.mjs", import.meta.url));
  execFileSync(process.execPath, [build, program]);
  authority = await testAuthority();
  image = await importBusybox(engine, "agent-test");
  containers = new TestContainers(engine, image);
});

beforeEach(async () => {
  agents = [];
  certificateLife = undefined;
  stateDir = await mkdtemp(join(tmpdir(), "agent-state-"));
  proxy = await breakableEngine(engine.host);
  gateway = await testGateway(authority);
  enrolment = await testEnrolment(async ({ csr }) => ({
    status: 200,
    body: {
      certificate: await authority.issue(csr, certificateLife),
      ca: authority.caPem,
      serverId: "server-1",
      agentAddr: `0.0.0.0:${gateway.port}`,
    },
  }));
});

afterEach(async () => {
  for (const agent of agents) agent.process.kill("SIGKILL");
  gateway.stop();
  enrolment.stop();
  await containers.removeAll();
  await proxy.remove();
  await rm(stateDir, { recursive: true });
});

afterAll(async () => {
  await engine.docker.getImage(image).remove({ force: true });
  engine.close();
  await rm(programDirectory, { recursive: true });
});

const named = (name: string) => (container: ContainerReport) => container.name === name;

describe("an agent", () => {
  test("enrols, reports all containers and then changes, and says goodbye", async () => {
    await containers.run("agent-there", "exec /busybox sleep 600");
    const agent = startAgent();
    const stream = await connected();
    const hello = await stream.message("hello");
    expect(hello).toMatchObject({
      protocolVersion: 1,
      capabilities: expect.arrayContaining([
        ...["pull", "run", "rollback", "logs", "cancel"],
        ...["after", "registry-token"],
      ]),
      host: { engineAvailable: true, engineError: null, os: "linux", architecture: "amd64" },
    });
    expect(hello.host.diskFreeBytes).toBeGreaterThan(0);
    const inventory = await stream.message("inventory", ({ last }) => last);
    expect(inventory.containers.find(named("agent-there"))).toMatchObject({ state: "running" });
    const container = await containers.run("agent-new", "exec /busybox sleep 600");
    await stream.message(
      "change",
      ({ change }) => "upsert" in change && change.upsert.state === "running",
    );
    await container.remove({ force: true });
    await stream.message(
      "change",
      ({ change }) => "removedId" in change && change.removedId === container.id,
    );
    const sequences = stream.received.flatMap((one) => (one.kind === "change" ? one.sequence : []));
    expect(sequences).toEqual(sequences.map((_, i) => inventory.sequence + 1 + i));
    agent.process.kill("SIGTERM");
    await stream.message("goodbye");
    stream.end();
    expect(await agent.exited()).toBe(0);
    expect((await stat(stateDir)).mode & 0o777).toBe(0o700);
  });

  test("executes a command once, and sends its result on every new stream until it is acknowledged", async () => {
    await containers.run("agent-logs", "echo hello; exec /busybox sleep 600");
    startAgent();
    const first = await connected();
    const body = { kind: "logs", containerName: "agent-logs", tail: 5, since: null } as const;
    first.send({
      kind: "command",
      command: { id: "c-1", deadlineAt: null, body },
      sentAt: Date.now(),
    });
    await first.message("accepted", ({ commandId }) => commandId === "c-1");
    const { result } = await first.message("result");
    expect(result.outcome).toMatchObject({
      ok: true,
      body: { kind: "logs", lines: [{ stream: "stdout", text: "hello" }] },
    });
    first.end();
    const second = await connected(1);
    expect((await second.message("result")).result).toEqual(result);
    second.send({ kind: "resultAck", commandId: "c-1" });
    await second.message("inventory");
    second.end();
    const third = await connected(2);
    third.send({
      kind: "command",
      command: { id: "c-2", deadlineAt: null, body },
      sentAt: Date.now(),
    });
    await third.message("result", (one) => one.result.commandId === "c-2");
    expect(third.received.filter(({ kind }) => kind === "result")).toHaveLength(1);
  });

  test("follows a log as far as its credit goes", async () => {
    await containers.run("agent-follow", "/busybox seq 1 100; exec /busybox sleep 600");
    startAgent();
    const stream = await connected();
    const lines = () =>
      stream.received.flatMap((one) =>
        one.kind === "log" ? one.lines.map(({ text }) => text) : [],
      );
    stream.send({
      kind: "logStart",
      followId: "f",
      containerName: "agent-follow",
      tail: 1000,
      since: null,
      credit: 3,
    });
    await waitUntil("three lines have come", () => lines().length === 3);
    stream.send({ kind: "logCredit", followId: "f", lines: 2 });
    await waitUntil("two more have come", () => lines().length === 5);
    stream.send({ kind: "logStop", followId: "f" });
    stream.send({
      kind: "logStart",
      followId: "g",
      containerName: "agent-missing",
      tail: 1,
      since: null,
      credit: 3,
    });
    const missing = await stream.message("log", ({ followId }) => followId === "g");
    expect(missing).toMatchObject({ end: true, error: expect.stringMatching(/no container/) });
    expect(lines()).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("reconnects soon after its control plane was restarted", async () => {
    startAgent();
    await connected();
    const { port } = gateway;
    gateway.stop();
    gateway = await testGateway(authority, port);
    await gateway.stream(0, 5_000);
  });

  test("stays connected while its engine cannot be reached, and resynchronises", async () => {
    await containers.run("agent-stays", "exec /busybox sleep 600");
    startAgent();
    const stream = await connected();
    await stream.message("inventory");
    await proxy.breakDown();
    const { host } = await stream.message("host", (one) => !one.host.engineAvailable);
    expect(host.engineError).toMatch(/Docker Engine/);
    const late = await containers.run("agent-late", "exec /busybox sleep 600");
    await proxy.comeBack();
    await stream.message(
      "change",
      ({ change }) => "upsert" in change && change.upsert.id === late.id,
    );
    await stream.message("host", (one) => one.host.engineAvailable);
  });

  test("starts without an engine, and reports everything when there is one", async () => {
    await proxy.breakDown();
    startAgent();
    const stream = await connected();
    const hello = await stream.message("hello");
    expect(hello.host).toMatchObject({
      engineAvailable: false,
      engineError: expect.stringMatching(/^No Docker Engine answers at/),
    });
    expect(stream.received.some(({ kind }) => kind === "inventory")).toBe(false);
    await proxy.comeBack();
    await stream.message("inventory", ({ last }) => last);
  });

  test("renews its certificate at half of its lifetime", async () => {
    certificateLife = { from: Date.now() - 60_000, to: Date.now() + 59_000 };
    startAgent();
    const stream = await connected();
    const { csrPem } = await stream.message("renew");
    const before = await readFile(join(stateDir, "agent.json"), "utf8");
    const certificatePem = await authority.issue(csrPem);
    stream.send({ kind: "certificate", certificatePem, caPem: authority.caPem });
    await waitUntilAsync("the new certificate is stored", async () => {
      const stored = JSON.parse(await readFile(join(stateDir, "agent.json"), "utf8"));
      return stored.certificatePem === certificatePem;
    });
    expect(JSON.parse(before).keyPem).not.toBe(
      JSON.parse(await readFile(join(stateDir, "agent.json"), "utf8")).keyPem,
    );
    stream.end();
    await connected(1);
  });

  test("moves to another authority, killed after each thing that it stores", async () => {
    const next = await testAuthority();
    const stored = async () => JSON.parse(await readFile(join(stateDir, "agent.json"), "utf8"));
    const both = [next.caPem, authority.caPem];
    const first = startAgent();
    const before = await connected();
    before.send({ kind: "authorities", caPems: both });
    await waitUntilAsync("both authorities are stored", async () => {
      return (await stored()).caPem === both.join("\n");
    });
    first.process.kill("SIGKILL");
    await first.exited();

    // With its certificate of before, and a request that was never answered.
    const second = new Agent();
    const again = await connected(1);
    again.send({ kind: "authorities", caPems: both });
    const { csrPem } = await again.message("renew");
    const certificatePem = await next.issue(csrPem);
    again.send({ kind: "certificate", certificatePem, caPem: both.join("\n") });
    await waitUntilAsync("the new certificate is stored", async () => {
      return (await stored()).certificatePem === certificatePem;
    });
    second.process.kill("SIGKILL");
    await second.exited();

    // Now what listens knows the new authority only.
    const { port } = gateway;
    gateway.stop();
    gateway = await testGateway(next, port);
    const third = new Agent();
    (await connected()).send({ kind: "authorities", caPems: [next.caPem] });
    await waitUntilAsync("only the new authority is stored", async () => {
      return (await stored()).caPem === next.caPem;
    });
    third.process.kill("SIGKILL");
    await third.exited();
    new Agent();
    await connected(1);
  });

  test("logs that its server was deleted, and retries slowly", async () => {
    const agent = startAgent();
    const stream = await gateway.stream(0);
    await stream.message("hello");
    // PERMISSION_DENIED
    stream.refuse(7, "this server was deleted");
    await waitUntil("it says so", () => agent.output.includes("refuses this agent"));
    expect(agent.output).toMatch(/this server was deleted/);
    const [, retryInMs] =
      /"retryInMs":(\d+),"msg":"The control plane refuses this agent/.exec(agent.output) ?? [];
    expect(Number(retryInMs)).toBeGreaterThanOrEqual(30_000);
    expect(agent.exitCode).toBeNull();
  });

  test("does not trust a control plane of another authority", async () => {
    const stranger = await testAuthority();
    gateway.stop();
    gateway = await testGateway(stranger);
    const agent = startAgent();
    await waitUntil("it says so", () => agent.output.includes("cannot be reached"));
    expect(gateway.streams).toEqual([]);
  });

  test("ends with the process that started it, with --exit-with-parent", async () => {
    const agent = startAgent("--exit-with-parent");
    const stream = await connected();
    agent.process.stdin?.end();
    await stream.message("goodbye");
    expect(await agent.exited()).toBe(0);
  });

  test("stops while it cannot connect to anything", async () => {
    const agent = startAgent();
    await connected();
    gateway.stop();
    await proxy.breakDown();
    await waitUntil("it has noticed", () => /stream|reached/.test(agent.output));
    agent.process.kill("SIGINT");
    expect(await agent.exited()).toBe(0);
  });
});

describe("a state directory", () => {
  test("can be used again after the first agent was killed", async () => {
    const first = startAgent();
    await connected();
    first.process.kill("SIGKILL");
    new Agent();
    await connected(1);
  });

  test("with a policy of an earlier version makes the start fail with one line", async () => {
    await writeFile(join(stateDir, "policy.json"), `{"denyContainers": ["db"]}`);
    const agent = startAgent();
    expect(await agent.exited()).toBe(1);
    expect(agent.output.trim()).toMatch(
      /^There is a policy file .*policy.json, .* move it to \/etc/,
    );
    expect(agent.output.trim()).not.toContain("\n");
  });
});

describe("a policy file", () => {
  const place = (): string => join(programDirectory, "policy.yaml");
  const startWith = async (text: string): Promise<Agent> => {
    await writeFile(place(), text);
    return startAgent("--policy", place());
  };

  test("with a mistake makes the start fail with one line", async () => {
    const agent = await startWith("allow: [everything]");
    expect(await agent.exited()).toBe(1);
    expect(agent.output.trim()).toMatch(/^The policy file .*policy.yaml is not valid: allow names/);
    expect(agent.output.trim()).not.toContain("\n");
  });

  test("in the state directory makes the start fail", async () => {
    const agent = startAgent("--policy", join(stateDir, "policy.yaml"));
    expect(await agent.exited()).toBe(1);
    expect(agent.output).toMatch(/^The policy file .* would lie in the agent's state directory/);
  });

  test("makes the agent refuse what it forbids", async () => {
    await startWith("denyContainers: [agent-guarded]");
    const stream = await connected();
    const body = { kind: "logs", containerName: "agent-guarded", tail: 5, since: null } as const;
    stream.send({
      kind: "command",
      command: { id: "c-1", deadlineAt: null, body },
      sentAt: Date.now(),
    });
    const { result } = await stream.message("result");
    expect(result.outcome).toMatchObject({
      ok: false,
      failure: { code: "refused", message: expect.stringContaining(place()) },
    });
  });
});

async function waitUntilAsync(what: string, condition: () => Promise<boolean>): Promise<void> {
  let holds = false;
  const look = async () => {
    holds = await condition();
  };
  await waitUntil(what, () => {
    void look();
    return holds;
  });
}
