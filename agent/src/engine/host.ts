import { statfs } from "node:fs/promises";
import { hostname } from "node:os";
import type { HostStatus } from "@bridgeport/proto";
import type { DockerVersion } from "dockerode";
import { type Engine, engineErrorKind, Memory, parseDockerHost } from "./client.ts";
import { configuredAs, isPodman } from "./podman.ts";

/** What stays the same as long as one engine process runs. */
export interface EngineFacts {
  dockerVersion: string;
  apiVersion: string;
  os: string;
  architecture: string;
  variant: string | null;
  cpus: number;
  memoryBytes: number;
  /** where the engine keeps images and containers, on its own machine; empty: not known */
  rootDir: string;
  /** such as overlay2; null: not known */
  storageDriver: string | null;
  /** it is Podman, which speaks Docker's API but for some of it */
  podman: boolean;
  /** whether it takes a registry's token in the place of a password; null: not known */
  takesRegistryTokens: boolean | null;
  /** the engine has told everything; false: it has to be asked again */
  complete: boolean;
}

/** An engine that is replaced by another version restarts, which takes longer than this. */
const versionKnownMs = 2_000;
const versions = new Memory(() => ({
  last: null as { askedAt: number; answer: Promise<DockerVersion> } | null,
}));

/**
 * The engine's version, as it was asked for a moment ago: the engine asks all its parts for theirs
 * before it answers, which takes longer than most of what a deploy asks. Throws what the client throws.
 */
export async function engineVersion(engine: Engine): Promise<DockerVersion> {
  const known = engine.recall(versions);
  const now = performance.now();
  if (known.last !== null && now - known.last.askedAt < versionKnownMs) {
    return await known.last.answer;
  }
  const asked = { askedAt: now, answer: engine.docker.version() };
  known.last = asked;
  asked.answer.catch(() => {
    if (known.last === asked) known.last = null;
  });
  return await asked.answer;
}

/** The API version by whose rules containers are configured. Throws what the client throws. */
export async function apiVersionOf(engine: Engine): Promise<string> {
  return configuredAs(await engineVersion(engine));
}

/**
 * Asks the engine about itself. Throws what the client throws, but for what it tells only after it
 * has asked all its parts, which can hang where one of them does: that may be incomplete.
 */
export async function readEngineFacts(engine: Engine): Promise<EngineFacts> {
  const [version, info] = await Promise.all([engineVersion(engine), engineInfo(engine)]);
  const machine: string = info?.Architecture ?? "";
  return {
    dockerVersion: version.Version,
    apiVersion: version.ApiVersion,
    os: version.Os,
    architecture: version.Arch,
    variant: armVariant(version.Arch, machine),
    cpus: info?.NCPU ?? 0,
    memoryBytes: info?.MemTotal ?? 0,
    rootDir: info?.DockerRootDir ?? "",
    storageDriver: info?.Driver || null,
    podman: isPodman(version),
    takesRegistryTokens: info === null ? null : takesRegistryTokens(version, info),
    complete: info !== null,
  };
}

/** null: it does not tell now */
async function engineInfo(engine: Engine): Promise<EngineInfo | null> {
  try {
    return await engine.docker.info();
  } catch (error) {
    if (!["engine", "silent"].includes(engineErrorKind(error))) throw error;
    return null;
  }
}

/**
 * Podman leaves such a token out, and so did containerd's image store before Docker 25. Tried on Docker
 * 20.10, 26.1 and 28.5, and on Podman 5.8.
 */
export function takesRegistryTokens(
  version: Pick<DockerVersion, "Version" | "Components">,
  { DriverStatus: driver }: Pick<EngineInfo, "DriverStatus">,
): boolean {
  if (isPodman(version)) return false;
  const byContainerd = (driver ?? []).some(([, value]) => value?.startsWith("io.containerd."));
  return !byContainerd || Number.parseInt(version.Version, 10) >= 25;
}

interface EngineInfo {
  Architecture?: string;
  NCPU?: number;
  MemTotal?: number;
  DockerRootDir?: string;
  Driver?: string;
  /** pairs of name and value */
  DriverStatus?: readonly (readonly string[])[] | null;
}

/** What time it is by the engine's clock, in epoch milliseconds. Throws what the client throws. */
export async function engineTime(engine: Engine): Promise<number> {
  const { SystemTime: time } = (await engine.docker.info()) as { SystemTime?: string };
  return Date.parse(time ?? "");
}

/** The variant that a 32-bit ARM needs in a platform; others have one that goes without saying. */
export function armVariant(architecture: string, machine: string): string | null {
  if (architecture !== "arm") return null;
  const version = /^armv(\d)/.exec(machine)?.[1];
  return version === undefined ? null : `v${version}`;
}

/**
 * Bytes free for images, null where the agent cannot see the engine's disk: an engine
 * reached over TCP, or an agent in a container without that directory.
 */
export async function diskFreeBytes(engine: Engine, rootDir: string): Promise<number | null> {
  if (rootDir === "" || !("socketPath" in parseDockerHost(engine.host))) return null;
  try {
    const { bavail, bsize } = await statfs(rootDir);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** The status of a host whose engine answers (`facts`) or does not (`error` says why). */
export function hostStatus(
  state:
    | { facts: EngineFacts; diskFree: number | null }
    | { error: string; facts: EngineFacts | null },
): HostStatus {
  const { facts } = state;
  const failed = "error" in state;
  return {
    engineAvailable: !failed,
    engineError: failed ? state.error : null,
    dockerVersion: facts?.dockerVersion ?? null,
    apiVersion: facts?.apiVersion ?? null,
    os: facts?.os ?? null,
    architecture: facts?.architecture ?? null,
    variant: facts?.variant ?? null,
    cpus: facts?.cpus ?? 0,
    memoryBytes: facts?.memoryBytes ?? 0,
    diskFreeBytes: failed ? 0 : (state.diskFree ?? 0),
    hostname: hostname(),
    ...(facts?.takesRegistryTokens == null
      ? {}
      : { takesRegistryTokens: facts.takesRegistryTokens }),
    ...(facts?.storageDriver == null ? {} : { storageDriver: facts.storageDriver }),
  };
}
