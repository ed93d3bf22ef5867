import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createBridge } from "./bridge.ts";
import { type EngineApi, engineApi } from "./engine-api.ts";
import { daemonOf } from "./engine-daemon.ts";
import { layGround } from "./engine-ground.ts";
import {
  defaultKind,
  type EngineKind,
  type EngineVersion,
  type ImageStore,
} from "./engine-kind.ts";
import { type BuiltImage, imageIdOn } from "./image-build.ts";
import { mountsBelow, unmountBelow } from "./mounts.ts";
import { isAlive, killAll, processesMentioning, signal } from "./processes.ts";
import { createScratch, environmentOf, reapAbandoned } from "./scratch.ts";
import { waitFor } from "./wait.ts";

/** A real Docker Engine, or Podman, of this test's own. */
export interface Engine {
  readonly kind: EngineKind;
  /** For DOCKER_HOST. */
  readonly host: string;
  /** The path of its socket. */
  readonly socket: string;
  /** Everything it writes is below this directory. */
  readonly dir: string;
  readonly api: EngineApi;
  /** What it calls an image that it has pulled, as inspected. */
  imageId(image: BuiltImage, platform?: number): string | undefined;
  /** The daemon's pid, while it runs. */
  pid(): number | undefined;
  /** What the daemon logged since the first start. */
  log(): string;
  /** SIGKILL to the daemon alone: containers and their shims stay, as after a crash. */
  kill(): Promise<void>;
  /** SIGTERM and wait: containers are stopped by the engine, as at a shutdown. */
  shutdown(): Promise<void>;
  /** Starts the daemon again on the same data, after `kill` or `shutdown`. */
  start(): Promise<void>;
  /** Removes all containers, custom networks and volumes; images stay. */
  clear(): Promise<void>;
  /** Ends everything that was started for this engine and deletes every trace of it. */
  remove(): Promise<void>;
}

/** How to start an engine. */
export interface EngineOptions {
  /** Default: what BRIDGEPORT_TEST_ENGINE says, else the newest one that is there. */
  version?: EngineVersion;
  /** Of 28.5 only; default there, where a version is given: the graph driver. */
  store?: ImageStore;
  /** More arguments for the daemon, e.g. `["--live-restore"]`. */
  args?: string[];
  /** `host:port` of registries on loopback that Podman has to be told of; Docker knows them as such. */
  registries?: string[];
}

/**
 * Starts an engine as a plain process with a bridge and a data directory of its own; any number run
 * side by side. Needs root. Published ports work on loopback (through docker-proxy), but with Podman
 * they do not; containers have no way out, there is no packet filter or masquerading.
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  if (process.getuid?.() !== 0) {
    throw new Error("A Docker Engine for tests has to be started as root.");
  }
  await reapAbandoned();
  const { version, store = "overlay2" } = options;
  const kind = version === undefined ? defaultKind() : { version, store };
  if (kind.store === "containerd" && kind.version !== "28.5") {
    throw new Error(`Docker ${kind.version} is tested with its graph driver only.`);
  }
  const scratch = createScratch("engine");
  const ground = await layGround(kind, scratch).catch(async (error: unknown) => {
    await scratch.remove();
    throw error;
  });
  const bridge = createBridge(scratch.dir);
  const socket = scratch.path("docker.sock");
  const logFile = scratch.path("log");
  const host = `unix://${socket}`;
  const api = engineApi(socket);
  const { args: more = [], registries = [] } = options;
  const daemon = daemonOf(kind, { scratch, bridge, host, args: more, registries });
  let running: number | undefined;

  const alive = (): boolean => running !== undefined && isAlive(running);
  const log = (): string => readFileSync(logFile, "utf8");

  const start = async (): Promise<void> => {
    const output = openSync(logFile, "a");
    const [command, ...args] = ground.command(...daemon.command);
    const child = spawn(command, args, {
      stdio: ["ignore", output, output],
      env: environmentOf(scratch.dir, {
        ...daemon.environment,
        PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`,
      }),
    });
    closeSync(output);
    child.unref();
    child.once("error", () => undefined);
    running = child.pid;
    if (running === undefined) {
      throw new Error(`${daemon.command[0]} could not be started: is it installed?`);
    }
    await waitFor(
      async () => {
        if (!alive()) return true;
        return (await api.request("GET", "/_ping")).status === 200;
      },
      { what: "the engine", explain: () => log().slice(-2000) },
    );
    if (!alive()) throw new Error(`The daemon has ended:\n${log().slice(-2000)}`);
  };

  const end = async (name: NodeJS.Signals): Promise<void> => {
    if (running !== undefined) signal(running, name);
    await waitFor(() => !alive(), { what: "the engine to end" });
    await daemon.clearAway();
    running = undefined;
  };

  const clear = async (): Promise<void> => {
    const containers = await api.call<{ Id: string }[]>("GET", "/containers/json?all=1");
    await Promise.all(
      containers.map(({ Id }) => api.request("DELETE", `/containers/${Id}?force=1&v=1`)),
    );
    await api.call("POST", "/networks/prune");
    await api.call("POST", "/volumes/prune");
  };

  const engine: Engine = {
    kind,
    imageId: (image, platform) => imageIdOn(kind.store, image, platform),
    host,
    socket,
    dir: scratch.dir,
    api,
    pid: () => (alive() ? running : undefined),
    log,
    kill: () => end("SIGKILL"),
    shutdown: () => end("SIGTERM"),
    start,
    clear,
    async remove() {
      if (alive()) {
        await clear().catch(() => undefined);
        await end("SIGTERM").catch(() => undefined);
      }
      api.close();
      await killAll(() => processesMentioning(scratch.dir));
      for (let pass = 0; pass < 5 && mountsBelow(scratch.dir).length > 0; pass++) {
        unmountBelow(scratch.dir);
      }
      await scratch.remove();
      bridge.remove();
    },
  };
  try {
    await start();
    return engine;
  } catch (error) {
    await engine.remove();
    throw error;
  }
}
