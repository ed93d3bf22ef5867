import type { Engine } from "../../../agent/src/engine/client.ts";
import type { InventoryListener } from "../../../agent/src/engine/inventory/inventory.ts";
import { Link } from "../../../agent/src/link/link.ts";
import type { SessionParts } from "../../../agent/src/link/session.ts";
import { silentLogger } from "../../../agent/src/log.ts";
import { openPolicy } from "../../../agent/src/policy/policy.ts";
import type { ContainerReport, HostStatus } from "../../../proto/src/index.ts";
import type { ContainerState, JoinedAgent, ToldEvent } from "./messages.ts";

const images = 50;
const createdAt = Date.parse("2026-01-01");

const host: HostStatus = {
  engineAvailable: true,
  engineError: null,
  dockerVersion: "28.5.2",
  apiVersion: "1.51",
  os: "linux",
  architecture: "amd64",
  variant: null,
  cpus: 4,
  memoryBytes: 8_000_000_000,
  diskFreeBytes: 40_000_000_000,
  hostname: "simulated",
};

/**
 * An agent without an engine: its link to the control plane is the product's own, with its sessions, its waits and
 * its numbered reports; what it reports is made up.
 */
export class SimulatedAgent {
  readonly serverId: string;
  readonly #link: Link;
  readonly #containers: ContainerReport[];
  readonly #listeners = new Set<InventoryListener>();
  /** how often each reason ended a session, or an attempt at one, since {@link forgetEnds} */
  readonly ends = new Map<string, number>();
  connected = false;

  /** @param engine answers what is read of a container's log */
  constructor(joined: JoinedAgent, containers: number, engine: Engine) {
    this.serverId = joined.serverId;
    this.#containers = Array.from({ length: containers }, (_, at) => report(at));
    this.#link = new Link(
      parts(joined, engine, {
        complete: true,
        snapshot: () => this.#containers,
        subscribe: (listener: InventoryListener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      }),
      joined.agentAddr,
      (connected, reason) => {
        this.connected = connected;
        if (reason !== null) this.ends.set(reason, (this.ends.get(reason) ?? 0) + 1);
      },
    );
  }

  connect(): void {
    this.#link.start();
  }

  forgetEnds(): void {
    this.ends.clear();
  }

  /** A container dies, or one that has died is started again. */
  change(at: number): ToldEvent {
    const before = this.#containers[at];
    if (before === undefined) throw new Error(`There is no container ${at}.`);
    const now = Date.now();
    const after: ContainerReport =
      before.state === "running"
        ? {
            ...before,
            state: "exited",
            exitCode: 1,
            finishedAt: now,
            restartCount: before.restartCount + 1,
          }
        : {
            ...before,
            state: "running",
            exitCode: 0,
            startedAt: now,
            restartCount: before.restartCount + 1,
          };
    this.#containers[at] = after;
    for (const listener of this.#listeners) listener.changed({ upsert: after });
    return { serverId: this.serverId, name: after.name, state: after.state, at: now };
  }

  states(): ContainerState[] {
    const { serverId } = this;
    return this.#containers.map(({ name, state, restartCount }) => ({
      ...{ serverId, name, state, restartCount },
    }));
  }
}

/** As large as a real one. */
function report(at: number): ContainerReport {
  const hex = (value: number) => value.toString(16).padStart(64, "0");
  const name = `registry.example/team/app-${at % images}`;
  const labels = Array.from({ length: 10 }, (_, n) => [`org.example.label-${n}`, `value ${n}`]);
  return {
    id: hex(at + 1),
    name: `app-${at}`,
    imageName: `${name}:v1`,
    imageId: `sha256:${hex(1_000_000 + (at % images))}`,
    repoDigests: [`${name}@sha256:${hex(2_000_000 + (at % images))}`],
    state: "running",
    health: "none",
    exitCode: 0,
    restartCount: 0,
    createdAt,
    startedAt: createdAt,
    finishedAt: null,
    labels: Object.fromEntries(labels),
    ports: [{ containerPort: 8080, hostPort: 10_000 + at, hostIp: "127.0.0.1", protocol: "tcp" }],
    self: false,
    autoRemove: false,
    imagePlatform: "linux/amd64",
    stopLimitMs: 10_000,
    checkLimitMs: 0,
    needs: [],
  };
}

/** What a session uses of the agent's other parts; it is never told to do anything. */
function parts(joined: JoinedAgent, engine: Engine, inventory: unknown): SessionParts {
  const identity = {
    serverId: joined.serverId,
    url: "",
    agentAddr: joined.agentAddr,
    certificatePem: joined.certificate,
    caPem: joined.ca,
    keyPem: joined.privateKey,
    joinedWith: "",
  };
  const doubles = {
    agentVersion: "0.1.0",
    engine,
    inventory,
    watch: { status: host, onStatus: () => () => {}, refreshStatus: async () => host },
    worker: { kinds: ["pull", "run"], submit: async () => {}, renewed() {} },
    journal: { unacknowledged: () => [], result: async () => null, acknowledge: async () => {} },
    policy: openPolicy,
    identity: {
      identity,
      expired: () => false,
      renewIfDue: async () => {},
      trust: async () => {},
      accept: async () => false,
    },
    upgrades: { capable: false, last: null, ordered() {} },
    log: silentLogger,
  };
  return doubles as unknown as SessionParts;
}
