import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ContainerReport,
  demandsSignaturesCapability,
  type HostStatus,
} from "@bridgeport/proto";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Journal } from "../commands/journal.ts";
import { laneLimits } from "../commands/lanes.ts";
import { Worker } from "../commands/worker.ts";
import { connectEngine, type Engine } from "../engine/client.ts";
import type { InventoryChange, InventoryListener } from "../engine/inventory/inventory.ts";
import { silentLogger } from "../log.ts";
import { openPolicy, type Policy } from "../policy/policy.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import { requestCertificate } from "./certificate.ts";
import { openChannel } from "./channel.ts";
import {
  type TestAuthority,
  type TestGateway,
  testAuthority,
  testGateway,
} from "./control-plane.fixture.ts";
import { type Identity, loadIdentity } from "./identity.ts";
import { IdentityKeeper } from "./renewal.ts";
import {
  connectError,
  Session,
  type SessionParts,
  sessionTiming,
  withLocalTimes,
} from "./session.ts";

const host: HostStatus = {
  engineAvailable: true,
  engineError: null,
  dockerVersion: "29.0.0",
  apiVersion: "1.52",
  os: "linux",
  architecture: "arm64",
  variant: null,
  cpus: 2,
  memoryBytes: 1,
  diskFreeBytes: 1,
  hostname: "host-1",
};

/** An inventory that the test changes. */
class ScriptedInventory {
  complete = true;
  containers: ContainerReport[] = [];
  readonly #listeners = new Set<InventoryListener>();

  snapshot(): ContainerReport[] {
    return [...this.containers];
  }

  subscribe(listener: InventoryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(change: InventoryChange): void {
    for (const listener of this.#listeners) listener.changed(change);
  }

  becomeComplete(): void {
    this.complete = true;
    for (const listener of this.#listeners) listener.completed();
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

class ScriptedWatch {
  readonly available = true;
  readonly status = host;
  onStatus(): () => void {
    return () => {};
  }
  refreshStatus(): Promise<HostStatus> {
    return Promise.resolve({ ...host, diskFreeBytes: 42 });
  }
  whenAvailable(): Promise<void> {
    return Promise.resolve();
  }
}

let authority: TestAuthority;
let identity: Identity;
let gateway: TestGateway;
let directory: string;
let inventory: ScriptedInventory;
let engine: Engine;
let journal: Journal;

beforeAll(async () => {
  authority = await testAuthority();
  const { csrPem, keyPem } = await requestCertificate("host-1");
  identity = {
    serverId: "server-1",
    url: "http://127.0.0.1:3000/",
    agentAddr: "127.0.0.1:7443",
    certificatePem: await authority.issue(csrPem),
    caPem: authority.caPem,
    keyPem,
    joinedWith: "x",
  };
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "session-"));
  gateway = await testGateway(authority);
  inventory = new ScriptedInventory();
  engine = connectEngine("unix:///nowhere.sock");
  journal = await Journal.open(directory, silentLogger);
});

afterEach(async () => {
  gateway.stop();
  engine.close();
  await rm(directory, { recursive: true });
});

function open(
  timing = {},
  port = gateway.port,
  as = identity,
  policy: Policy = openPolicy,
): Session {
  const watch = new ScriptedWatch();
  const parts = {
    agentVersion: "1.2.3",
    upgrades: { capable: false, last: null, ordered: () => {} },
    engine,
    inventory,
    watch,
    worker: new Worker({
      journal,
      handlers: {},
      policy: openPolicy,
      log: silentLogger,
      engine: watch,
      limits: () => laneLimits({ cores: 2, load: 0 }),
      send: () => {},
    }),
    journal,
    policy,
    identity: new IdentityKeeper(directory, as, silentLogger),
    log: silentLogger,
  };
  const channel = openChannel(as, `127.0.0.1:${port}`);
  // Inventory and watch are classes with private fields; a session uses only the methods that are given here.
  const all = parts as unknown as SessionParts;
  return new Session(channel, all, { ...sessionTiming, ...timing });
}

function container(id: string, padding = 0): ContainerReport {
  return {
    id,
    name: id,
    imageName: "app",
    imageId: "sha256:1",
    repoDigests: [],
    state: "running",
    health: "none",
    exitCode: 0,
    restartCount: 0,
    createdAt: 1,
    startedAt: null,
    finishedAt: null,
    labels: { padding: "x".repeat(padding) },
    ports: [],
    self: false,
    autoRemove: false,
    imagePlatform: null,
    stopLimitMs: 10_000,
    checkLimitMs: 0,
    needs: [],
  };
}

describe("a session", () => {
  test("sends Hello and nothing else until Welcome", async () => {
    inventory.containers = [container("a")];
    const session = open();
    const stream = await gateway.stream();
    expect(await stream.message("hello")).toMatchObject({ agentVersion: "1.2.3", host });
    inventory.change({ removedId: "z" });
    session.send({ kind: "accepted", commandId: "early" });
    stream.welcome();
    await stream.message("inventory");
    expect(stream.received.map(({ kind }) => kind)).toEqual(["hello", "host", "inventory"]);
    await session.leave("done", 0);
  });

  test.each([true, false])(
    "asks for signatures where its policy demands some: %s",
    async (does) => {
      const trust = { keys: [], identities: [], root: null };
      const rule = { images: ["*"], trust, files: [] };
      const session = open({}, gateway.port, identity, {
        ...openPolicy,
        signatures: does ? [rule] : [],
      });
      const stream = await gateway.stream();
      const { capabilities } = await stream.message("hello");
      expect(capabilities.includes(demandsSignaturesCapability)).toBe(does);
      stream.welcome();
      await session.leave("done", 0);
    },
  );

  test("tells in each report of the host which policy it has", async () => {
    const sha256 = "0a".repeat(32);
    const allow = ["pull"] as const;
    const session = open({ hostStatusMs: 1 }, gateway.port, identity, {
      ...openPolicy,
      ...{ sha256, allow },
    });
    const stream = await gateway.stream();
    const policy = { hash: sha256, summary: expect.stringMatching(/^Allows the command pull\./) };
    expect((await stream.message("hello")).host.policy).toEqual(policy);
    stream.welcome();
    expect((await stream.message("host")).host.policy).toEqual(policy);
    const later = await stream.message("host", ({ host: { diskFreeBytes } }) => diskFreeBytes > 1);
    expect(later.host.policy).toEqual(policy);
    await session.leave("done", 0);
  });

  test("sends a long inventory in chunks, and changes that happen meanwhile after it", async () => {
    inventory.containers = Array.from({ length: 40 }, (_, i) => container(`c${i}`, 100_000));
    const session = open();
    const stream = await gateway.stream();
    await stream.message("hello");
    stream.welcome();
    await waitUntil("it listens", () => inventory.listeners === 1);
    for (let i = 0; i < 5; i += 1) inventory.change({ upsert: container(`late${i}`) });
    await stream.message("change", ({ sequence }) => sequence === 5);
    const order = stream.received.slice(2);
    const chunks = order.filter((message) => message.kind === "inventory");
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.map(({ chunk }) => chunk)).toEqual(chunks.map((_, i) => i));
    expect(chunks.map(({ last }) => last)).toEqual(chunks.map((_, i) => i === chunks.length - 1));
    expect(chunks.flatMap(({ containers }) => containers.map(({ id }) => id))).toEqual(
      inventory.containers.map(({ id }) => id),
    );
    expect(order.map(({ kind }) => kind)).toEqual([
      ...chunks.map(() => "inventory"),
      ...Array(5).fill("change"),
    ]);
    expect(chunks[0]?.sequence).toBe(0);
    await session.leave("done", 0);
  });

  test("says goodbye to the end, whatever happens after it", async () => {
    const session = open();
    const stream = await gateway.stream();
    await stream.message("hello");
    stream.welcome();
    await stream.message("inventory");
    const left = session.leave("stopping");
    inventory.change({ removedId: "z" });
    session.send({ kind: "accepted", commandId: "late" });
    stream.send({ kind: "inventoryRequest" });
    expect(await stream.message("goodbye")).toMatchObject({ reason: "stopping" });
    stream.end();
    await left;
    expect(await session.ended).toMatchObject({ reason: "The control plane ended the stream." });
    expect(stream.received.at(-1)?.kind).toBe("goodbye");
  });

  test("sends everything again when it is asked to, with the number of the last change", async () => {
    const session = open();
    const stream = await gateway.stream();
    await stream.message("hello");
    stream.welcome();
    await stream.message("inventory", ({ sequence }) => sequence === 0);
    inventory.change({ removedId: "a" });
    inventory.change({ removedId: "b" });
    await stream.message("change", ({ sequence }) => sequence === 2);
    stream.send({ kind: "inventoryRequest" });
    await stream.message("inventory", ({ sequence }) => sequence === 2);
    await session.leave("done", 0);
  });

  test("does not report an empty host before it has seen the engine's containers", async () => {
    inventory.complete = false;
    const session = open({ hostStatusMs: 10 });
    const stream = await gateway.stream();
    await stream.message("hello");
    stream.welcome();
    await stream.message("host", (one) => one.host.diskFreeBytes === 42);
    expect(stream.received.some(({ kind }) => kind === "inventory")).toBe(false);
    inventory.containers = [container("a")];
    inventory.becomeComplete();
    expect((await stream.message("inventory")).containers).toHaveLength(1);
    await session.leave("done", 0);
  });

  test("sends a result again until it is acknowledged", async () => {
    await journal.accept(
      { id: "c", deadlineAt: null, body: { kind: "cancel", commandId: "x" } },
      1,
    );
    await journal.finish({
      commandId: "c",
      startedAt: 1,
      finishedAt: 2,
      outcome: { ok: true, body: { kind: "cancel", cancelled: false } },
    });
    const session = open({ resendMs: 10 });
    const stream = await gateway.stream();
    await stream.message("hello");
    stream.welcome();
    const results = () => stream.received.filter(({ kind }) => kind === "result").length;
    await waitUntil("it has come three times", () => results() >= 3);
    stream.send({ kind: "resultAck", commandId: "c" });
    await waitUntil("it is acknowledged", () => journal.unacknowledged().length === 0);
    await session.leave("done", 0);
  });

  test("ends when the stream does, with the reason that the control plane gave", async () => {
    const session = open();
    const stream = await gateway.stream();
    stream.welcome();
    await stream.message("inventory");
    stream.send({ kind: "goodbye", reason: "restarting" });
    stream.end();
    const end = await session.ended;
    expect(end).toMatchObject({ established: true, refused: false });
    expect(end.reason).toMatch(/goodbye: restarting/);
    expect(end.elsewhere).toBe(false);
    expect(inventory.listeners).toBe(0);
  });

  test("tells that it was asked to go to another replica", async () => {
    const session = open();
    const stream = await gateway.stream();
    stream.welcome();
    await stream.message("inventory");
    stream.send({ kind: "goodbye", reason: "another replica has fewer agents", elsewhere: true });
    stream.end();
    expect(await session.ended).toMatchObject({ established: true, elsewhere: true });
  });

  test.each([
    [7, true, /refuses this agent \(unknown certificate\).*--token/],
    [16, true, /refuses this agent/],
    [12, true, /does not speak this agent's protocol/],
    [14, false, /cannot be reached/],
    [13, false, /broke: unknown certificate/],
  ])("refused with status %i: for good is %s", async (code, refused, sentence) => {
    const session = open();
    const stream = await gateway.stream();
    await stream.message("hello");
    stream.refuse(code, "unknown certificate");
    const end = await session.ended;
    expect(end).toMatchObject({ established: false, refused });
    expect(end.reason).toMatch(sentence);
  });

  test.each([
    [
      "No connection established. Last error: Error: connect ECONNREFUSED ::1:7443. Resolution note: ",
      "connect ECONNREFUSED ::1:7443",
    ],
    [
      "No connection established. Last error: Failed to connect (2026-11-30T01:21:23.058Z). Resolution note: ",
      "Failed to connect",
    ],
    ["read ECONNRESET", "read ECONNRESET"],
  ])("of %j is said %j", (details, said) => {
    expect(connectError(details)).toBe(said);
  });

  test("a refusal that says what to do is not followed by another advice", async () => {
    const session = open();
    const stream = await gateway.stream();
    stream.welcome();
    await stream.message("inventory");
    stream.send({ kind: "goodbye", reason: "revoked" });
    stream.refuse(7, "its certificates were revoked; make a new join token");
    const { reason, refused } = await session.ended;
    expect(refused).toBe(true);
    expect(reason).toMatch(/\(its certificates were revoked; make a new join token\)/);
    expect(reason).not.toContain("--token");
  });

  test("told of another authority, it trusts both, renews at once, and then drops the old one", async () => {
    const next = await testAuthority();
    const first = open();
    const stream = await gateway.stream();
    stream.welcome();
    const both = [next.caPem, authority.caPem];
    stream.send({ kind: "authorities", caPems: both });
    const { csrPem } = await stream.message("renew");
    // Killed here, it goes on with its certificate and both authorities.
    expect(await loadIdentity(directory)).toEqual({ ...identity, caPem: both.join("\n") });

    const certificatePem = await next.issue(csrPem);
    stream.send({ kind: "certificate", certificatePem, caPem: both.join("\n") });
    await first.ended;
    const moved = await loadIdentity(directory);
    if (moved === null) throw new Error("The identity is gone");
    expect(moved).toMatchObject({ certificatePem, caPem: both.join("\n") });

    gateway.stop();
    gateway = await testGateway(next);
    const second = open({}, gateway.port, moved);
    const again = await gateway.stream();
    again.welcome();
    again.send({ kind: "authorities", caPems: [next.caPem] });
    const stored = () => loadIdentity(directory);
    await expect.poll(stored).toEqual({ ...moved, caPem: next.caPem });
    expect(again.received.map(({ kind }) => kind)).not.toContain("renew");
    await second.leave("done");
  });

  test("whose authority is new, it asks for a certificate once", async () => {
    const next = await testAuthority();
    const caPems = [next.caPem, authority.caPem];
    const session = open({}, gateway.port, { ...identity, caPem: caPems.join("\n") });
    const stream = await gateway.stream();
    stream.welcome();
    stream.send({ kind: "authorities", caPems });
    const { csrPem } = await stream.message("renew");
    // What is answered after both messages.
    stream.send({ kind: "inventoryRequest" });
    const inventories = () => stream.received.filter(({ kind }) => kind === "inventory");
    await expect.poll(inventories).toHaveLength(2);
    expect(stream.received.filter(({ kind }) => kind === "renew")).toHaveLength(1);
    const certificatePem = await next.issue(csrPem);
    stream.send({ kind: "certificate", certificatePem, caPem: caPems.join("\n") });
    await session.ended;
    expect((await loadIdentity(directory))?.certificatePem).toBe(certificatePem);
  });

  test.each([
    ["none", []],
    ["what is no certificate", ["x"]],
  ])("told of %s as authorities, it keeps those that it trusts", async (_, caPems) => {
    const session = open();
    const stream = await gateway.stream();
    stream.welcome();
    stream.send({ kind: "authorities", caPems });
    stream.send({ kind: "authorities", caPems: [authority.caPem, authority.caPem] });
    const stored = async () => (await loadIdentity(directory))?.caPem;
    await expect.poll(stored).toBe(`${authority.caPem}\n${authority.caPem}`);
    await session.leave("done");
  });

  test("it connects again with a certificate that it has stored", async () => {
    const { csrPem, keyPem } = await requestCertificate("host-1");
    const hour = 3_600_000;
    const now = Date.now();
    const old = await authority.issue(csrPem, { from: now - 10 * hour, to: now + hour });
    const session = open({}, gateway.port, { ...identity, keyPem, certificatePem: old });
    const stream = await gateway.stream();
    stream.welcome();
    const asked = await stream.message("renew");
    const certificatePem = await authority.issue(asked.csrPem);
    stream.send({ kind: "certificate", certificatePem, caPem: authority.caPem });
    await stream.message("goodbye");
    stream.end();
    expect(await session.ended).toMatchObject({ established: true, refused: false });
    expect((await loadIdentity(directory))?.certificatePem).toBe(certificatePem);
  });

  test("ends when its peer reads nothing, rather than fill the memory", async () => {
    const session = open();
    const stream = await gateway.stream();
    await stream.message("hello");
    stream.welcome();
    await stream.message("inventory");
    stream.stopReading();
    let over = false;
    void session.ended.then(() => {
      over = true;
    });
    for (let i = 0; i < 100_000 && !over; i += 1) {
      inventory.change({ upsert: container(`c${i}`, 1_000) });
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await session.ended).reason).toMatch(/reads too slowly/);
  });
});

describe("without an answer", () => {
  let mute: Server;
  let port: number;
  beforeEach(async () => {
    mute = createServer(() => {});
    port = await new Promise((resolve) => {
      mute.listen(0, "127.0.0.1", () => {
        const address = mute.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  });
  afterEach(() => {
    mute.close();
  });

  test("a session ends, whether the peer sends nothing at all or only no Welcome", async () => {
    const toMute = await open({ answerMs: 50 }, port).ended;
    expect(toMute).toMatchObject({ established: false, refused: false });
    expect(toMute.reason).toMatch(/did not answer in time/);
    const unheard = await open({ answerMs: 50 }).ended;
    expect(unheard.reason).toMatch(/did not answer in time/);
  });

  test("one that has heard of the stream is given its time for that instead, and not for ever", async () => {
    const set = vi.spyOn(globalThis, "setTimeout");
    const cleared = vi.spyOn(globalThis, "clearTimeout");
    const answerMs = 123_457;
    const session = open({ answerMs, welcomeMs: 50 });
    const at = set.mock.calls.findIndex(([, ms]) => ms === answerMs);
    const { value: unanswered } = set.mock.results[at] ?? {};
    expect(unanswered).toBeDefined();
    (await gateway.stream()).hear();
    await waitUntil("the first limit is lifted", () =>
      cleared.mock.calls.some(([timer]) => timer === unanswered),
    );
    expect((await session.ended).reason).toMatch(/did not answer in time/);
    vi.restoreAllMocks();
  });

  test("and the next one is not delayed by it", async () => {
    await open({ answerMs: 50 }, port).ended;
    const session = open();
    const stream = await gateway.stream();
    stream.welcome();
    await stream.message("inventory");
    await session.leave("done", 0);
  });
});

test("a deadline is converted to the clock of the host that it is for", () => {
  const body = { kind: "lifecycle", containerName: "web", action: "stop" } as const;
  const command = { id: "c", deadlineAt: 1_000_500, body };
  expect(withLocalTimes(command, 1_000_000, 5_000).deadlineAt).toBe(5_500);
  expect(withLocalTimes({ ...command, deadlineAt: null }, 1_000_000, 5_000).deadlineAt).toBeNull();
});
