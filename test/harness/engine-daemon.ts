import { rmSync, writeFileSync } from "node:fs";
import type { Bridge } from "./bridge.ts";
import type { Command } from "./engine-ground.ts";
import type { EngineKind } from "./engine-kind.ts";
import { killAll, processesMentioning } from "./processes.ts";
import type { Scratch } from "./scratch.ts";

/** How the process of one kind of engine is started, and what a killed one leaves behind. */
export interface Daemon {
  command: Command;
  environment: Record<string, string>;
  /** Ends and deletes what would keep the next daemon on the same data from starting. */
  clearAway(): Promise<void>;
}

/** Where a daemon works. */
export interface DaemonPlace {
  scratch: Scratch;
  bridge: Bridge;
  /** such as `unix:///tmp/…/docker.sock` */
  host: string;
  /** more arguments for the daemon */
  args: readonly string[];
  /** `host:port` of registries without TLS; Docker lets every one on loopback be so */
  registries: readonly string[];
}

/** The daemon of this kind of engine; writes its configuration. */
export function daemonOf(kind: EngineKind, place: DaemonPlace): Daemon {
  return kind.version === "podman" ? podman(place) : docker(kind, place);
}

function docker({ store }: EngineKind, { scratch, bridge, host, args }: DaemonPlace): Daemon {
  return {
    command: [
      "dockerd",
      ...["--data-root", scratch.path("data"), "--exec-root", scratch.path("exec")],
      ...["--pidfile", scratch.path("pid"), "-H", host, "--bridge", bridge.name],
      ...["--iptables=false", "--ip6tables=false", "--ip-masq=false", "--shutdown-timeout", "5"],
      ...["--default-address-pool", `base=${bridge.pool},size=28`],
      ...(store === "containerd" ? ["--feature", "containerd-snapshotter=true"] : []),
      ...args,
    ],
    environment: { DOCKER_HOST: "" },
    async clearAway() {
      // A killed daemon leaves its containerd, which holds the lock on its database.
      const containerd = scratch.path("exec", "containerd", "containerd.toml");
      await killAll(() => processesMentioning(containerd));
      // Where no process reaps orphans, a killed process still has an entry and looks alive to the daemon.
      rmSync(scratch.path("pid"), { force: true });
      rmSync(scratch.path("exec", "containerd", "containerd.pid"), { force: true });
    },
  };
}

/**
 * Podman without systemd: it runs no health checks, as its timers are systemd's. Its locks are files
 * because those in shared memory would be the same for all engines.
 */
function podman({ scratch, bridge, host, args, registries }: DaemonPlace): Daemon {
  const networks = scratch.path("networks", "podman.json");
  writeFileSync(networks, JSON.stringify(defaultNetwork(bridge)));
  const settings = scratch.path("containers.conf");
  writeFileSync(
    settings,
    toml({
      containers: { log_driver: "k8s-file" },
      engine: {
        cgroup_manager: "cgroupfs",
        events_logger: "file",
        lock_type: "file",
        runtime: "runc",
      },
      network: { network_backend: "netavark", firewall_driver: "none" },
      "[network.default_subnet_pools]": { base: bridge.pool, size: 28 },
    }),
  );
  const registriesFile = scratch.path("registries.conf");
  writeFileSync(
    registriesFile,
    registries.map((location) => toml({ "[registry]": { location, insecure: true } })).join(""),
  );
  return {
    command: [
      "podman",
      ...["--root", scratch.path("data"), "--runroot", scratch.path("exec")],
      ...["--network-config-dir", scratch.path("networks")],
      ...["system", "service", "--time=0", ...args, host],
    ],
    environment: {
      CONTAINERS_CONF: settings,
      CONTAINERS_REGISTRIES_CONF: registriesFile,
      PODMAN_IGNORE_CGROUPSV1_WARNING: "1",
    },
    clearAway: async () => rmSync(host.replace("unix://", ""), { force: true }),
  };
}

/** Podman's network for containers that name none, on the engine's own bridge. */
function defaultNetwork({ name, gateway, subnet }: Bridge) {
  return {
    name: "podman",
    id: "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9",
    driver: "bridge",
    network_interface: name,
    created: "2026-01-01T00:00:00Z",
    subnets: [{ subnet, gateway }],
    ipv6_enabled: false,
    internal: false,
    dns_enabled: false,
    ipam_options: { driver: "host-local" },
  };
}

function toml(tables: Record<string, Record<string, string | number | boolean>>): string {
  return Object.entries(tables)
    .map(([table, values]) => {
      const lines = Object.entries(values).map(
        ([key, value]) => `${key} = ${JSON.stringify(value)}`,
      );
      return [`[${table}]`, ...lines, ""].join("\n");
    })
    .join("");
}
