import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { packageAgentAs, packagedAgent, writePackage } from "../harness/agent-package.ts";
import type { Api } from "../harness/api.ts";
import { type Engine, startEngine } from "../harness/engine.ts";
import { killAll, processesMentioning } from "../harness/processes.ts";
import type { Environment, Plan, Server } from "../harness/resources.ts";
import { rollout } from "../harness/rollout.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";
import { launcher, type System } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/*
 * Upgrades of real agents, in one file each: the old one is made from the present source, too, and calls
 * itself an earlier version. What it is to become is the present one, or something that only says so.
 */

const old = "0.0.9";
let now: string;
let site: Site;
let spare: Engine | undefined;
let system: System;
let engine: Engine;
let api: Api;
let environment: Environment;
let scratch: Scratch;
let packages: string;
let oldProgram: string;
let newProgram: Buffer;

interface Upgradable extends Server {
  agentVersion: string;
  agentOutdated: boolean;
  agentUpgrade: { status: string; from: string; to: string; error: string | null } | null;
}

beforeAll(async () => {
  scratch = createScratch("upgrade");
  packages = scratch.path("packages");
  newProgram = await packagedAgent();
  oldProgram = scratch.path("bridgeport-agent");
  writeFileSync(oldProgram, await packageAgentAs(old, scratch.path("made")));
  chmodSync(oldProgram, 0o755);
  site = await startSite({
    env: { BRIDGEPORT_AGENT_PACKAGES: packages },
    // The local agent has another engine: this one is the old agents'.
    async dockerHost() {
      spare = await startEngine();
      return spare.host;
    },
  });
  ({ engine, system, api, environment } = site);
  now = (await api.get<{ version: string }>("/api/agent/package")).version;
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.remove();
});
afterAll(async () => {
  await site?.remove();
  await spare?.remove();
  await scratch?.remove();
});

interface Agent {
  id: string;
  start(): void;
  kill(): Promise<void>;
  output(): string;
  record(): {
    current: { version: string; file: string; starts?: number } | null;
    trial: { starts: number } | null;
  } | null;
  /** its processes that are to prove themselves */
  trials(): number[];
  /** resolves when the process that was started last has ended */
  ended(): Promise<unknown>;
  remove(): Promise<void>;
}
const agents: Agent[] = [];
let number = 0;

/** A server with the old agent, which nothing but the test starts. */
async function oldAgent(policy = "{}"): Promise<Agent> {
  number += 1;
  const { server, join } = await api.post<{ server: Server; join: { token: string } }>(
    `/api/environments/${environment.id}/servers`,
    { name: `old-${number}` },
  );
  const own = createScratch("old-agent");
  writeFileSync(own.path("policy.yaml"), policy);
  writeFileSync(own.path("token"), join.token);
  let child: ChildProcess | undefined;
  const agent: Agent = {
    id: server.id,
    start() {
      const log = openSync(own.path("log"), "a");
      const files = ["--policy", own.path("policy.yaml"), "--token-file", own.path("token")];
      child = spawn(oldProgram, ["--url", system.url, "--state-dir", own.path("state"), ...files], {
        stdio: ["ignore", log, log],
        env: environmentOf(own.dir, { DOCKER_HOST: engine.host, NODE_OPTIONS: undefined }),
      });
      closeSync(log);
    },
    async kill() {
      child?.kill("SIGKILL");
      await agent.ended();
    },
    trials: () =>
      processesMentioning(own.dir).filter((pid) =>
        readFileSync(`/proc/${pid}/environ`, "utf8").includes("BRIDGEPORT_AGENT_TRIAL="),
      ),
    async ended() {
      const process = child as ChildProcess;
      if (process.exitCode === null && process.signalCode === null) await once(process, "exit");
    },
    output: () => readFileSync(own.path("log"), "utf8"),
    record() {
      const file = own.path("state", "upgrade.json");
      return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
    },
    async remove() {
      await killAll(() => processesMentioning(own.dir));
      await own.remove();
    },
  };
  agents.push(agent);
  agent.start();
  await until(agent, ({ status }) => status === "online", "the old agent to be online");
  return agent;
}

async function until(
  agent: Agent,
  wanted: (server: Upgradable) => boolean,
  what: string,
): Promise<Upgradable> {
  const { server } = await api.until<{ server: Upgradable }>(
    `/api/servers/${agent.id}`,
    (body) => wanted(body.server),
    { what, explain: agent.output },
  );
  return server;
}

const order = (agent: Agent) => api.post(`/api/servers/${agent.id}/upgrade-agent`, {});
const ended = (agent: Agent, status: "succeeded" | "failed") =>
  until(agent, ({ agentUpgrade }) => agentUpgrade?.status === status, `an upgrade that ${status}`);

/** A program that says of itself that it is the new version. */
const posing = (does: string) =>
  Buffer.from(`#!/bin/sh\nif [ "$1" = --version ]; then echo ${now}; exit 0; fi\n${does}\n`);

test("an agent from a checkout runs by the Node.js that is inside the packaged one, too", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const runtimes = join(root, ".bridgeport/runtimes");
  const name = readdirSync(runtimes).find((each) => /^node-[\d.]+-/.test(each)) ?? "";
  const { stdout, stderr } = spawnSync(join(runtimes, name), [launcher("agent"), "--version"], {
    encoding: "utf8",
    env: environmentOf(scratch.dir, { NODE_OPTIONS: undefined }),
  });
  expect({ stdout, stderr }).toEqual({ stdout: `${now}\n`, stderr: "" });
});

test("an old agent becomes the new version, and stays it when it starts again", async () => {
  writePackage(packages, now, newProgram);
  const agent = await oldAgent();
  const before = await until(agent, () => true, "the server");
  expect(before).toMatchObject({ agentVersion: old, agentOutdated: true, agentUpgrade: null });
  await order(agent);
  expect(await ended(agent, "succeeded")).toMatchObject({
    agentVersion: now,
    agentOutdated: false,
    agentUpgrade: { from: old, to: now, error: null },
  });
  await agent.kill();
  await until(agent, ({ status }) => status === "offline", "the killed agent to be offline");
  agent.start();
  const after = await until(agent, ({ status }) => status === "online", "it to be online again");
  expect(after.agentVersion).toBe(now);
  await expect(order(agent)).rejects.toThrow("not older");
});

test("a plan that is under way goes on, whichever version carries it out", async () => {
  writePackage(packages, now, newProgram);
  const agent = await oldAgent();
  const here = { ...site, service: (name: string) => site.service(name, agent.id) };
  const rolling = rollout(here, (await site.connect()).id);
  const { image, two } = await rolling.versions("upgrade/app", ["u1", "u2"], {
    health: { test: "test -e /tmp/go" },
    healthInterval: 3600,
  });
  const { id } = await rolling.start(image, two);
  const gateOpen = (name: string) =>
    api.until<{ plan: Plan }>(
      `/api/deployment-plans/${id}`,
      ({ plan }) =>
        plan.steps.some(
          ({ action, status, service }) =>
            action === "health_check" && status === "running" && service?.name === name,
        ),
      { what: `the gate of ${name} to be open`, explain: agent.output },
    );
  await gateOpen("u1");
  await order(agent);
  await site.docker.run("exec", "u1", "touch", "/tmp/go");
  await gateOpen("u2");
  await site.docker.run("exec", "u2", "touch", "/tmp/go");
  expect(await api.planEnd(id)).toMatchObject({ status: "completed", error: null });
  expect((await ended(agent, "succeeded")).agentVersion).toBe(now);
  for (const name of ["u1", "u2"]) await rolling.expectRuns(name, two);
  await rolling.expectOnly(["u1", "u2"]);
});

test("what cannot be is told in a sentence, and the old version goes on", async () => {
  const agent = await oldAgent();
  const fails = async (sentence: string) => {
    await order(agent);
    const server = await ended(agent, "failed");
    expect(server.agentUpgrade?.error).toContain(sentence);
    await until(agent, ({ status }) => status === "online", "the old agent to go on");
    expect(server.agentVersion).toBe(old);
  };
  writePackage(packages, now, newProgram.subarray(0, 100_000), "0".repeat(64));
  await fails("its hash is another one");
  writePackage(packages, now, Buffer.from("#!/bin/sh\necho no library >&2\nexit 127\n"));
  await fails("does not start on this host: no library");
  writePackage(packages, now, Buffer.from("#!/bin/sh\necho 9.9.9\n"));
  await fails("calls itself 9.9.9");
  writePackage(packages, now, posing("exit 3"));
  await fails("ended before it had connected (exit code 3)");
  writePackage(packages, now, posing(`exec ${oldProgram} "$@"`));
  await fails(`What was to be the version ${now} connected as ${old}.`);
  expect(agent.record()).toMatchObject({ current: null, trial: null });
});

test("the owner of a host may forbid it", async () => {
  writePackage(packages, now, newProgram);
  const agent = await oldAgent("allow: [pull, run]\n");
  await order(agent);
  const { agentUpgrade } = await ended(agent, "failed");
  expect(agentUpgrade?.error).toContain('does not allow "upgrade"');
});

test("a trial that is killed again and again is begun again, and given up in the end", async () => {
  writePackage(packages, now, posing("exec sleep 3600"));
  const agent = await oldAgent();
  await order(agent);
  for (const starts of [1, 2, 3]) {
    await waitFor(() => agent.record()?.trial?.starts === starts, {
      what: `proof ${starts} to begin`,
      explain: agent.output,
    });
    await agent.kill();
    agent.start();
  }
  const { agentUpgrade } = await ended(agent, "failed");
  expect(agentUpgrade?.error).toContain("was ended 3 times");
  expect(agent.trials()).toEqual([]);
  expect(agent.record()).toMatchObject({ current: null, trial: null });
});

test("a version that has proved itself and does not start later is left for the one before", async () => {
  writePackage(packages, now, newProgram);
  const agent = await oldAgent();
  const upgrade = async () => {
    await order(agent);
    await ended(agent, "succeeded");
    const file = agent.record()?.current?.file as string;
    await agent.kill();
    await until(agent, ({ status }) => status === "offline", "the killed agent to be offline");
    rmSync(file);
    return file;
  };
  const goesBack = async (sentence: string) => {
    agent.start();
    await until(agent, ({ status }) => status === "online", "the old agent to be online");
    const { agentUpgrade, agentVersion } = await ended(agent, "failed");
    expect(agentVersion).toBe(old);
    expect(agentUpgrade?.error).toContain(sentence);
  };
  writeFileSync(await upgrade(), "#!/bin/sh\nexit 7\n", { mode: 0o700 });
  for (const starts of [1, 2, 3, 4, 5]) {
    agent.start();
    await agent.ended();
    expect(agent.record()?.current).toMatchObject({ version: now, starts });
  }
  await goesBack("ended 5 times in a row without having reached the control plane");
  await upgrade();
  await goesBack("can no longer be started");
});

test("all agents of an environment follow one after the other", async () => {
  writePackage(packages, now, newProgram);
  const two = [await oldAgent(), await oldAgent()];
  const { upgrades } = await api.post<{ upgrades: Upgradable[] }>(
    `/api/environments/${environment.id}/upgrade-agents`,
    { batch: 1 },
  );
  expect(upgrades.map(({ agentUpgrade }) => agentUpgrade?.status).sort()).toEqual([
    "queued",
    "running",
  ]);
  for (const agent of two) expect((await ended(agent, "succeeded")).agentVersion).toBe(now);
});
