import { existsSync } from "node:fs";
import { directoryOf, type EngineRoot } from "./engine-root.ts";

/**
 * The engines that tests can start: Docker in these versions, `20.10` being whichever this machine
 * has installed, and Podman 5.
 */
export type EngineVersion = "28.5" | "26.1" | "20.10" | "podman";

/** Where an engine keeps its images: with containerd, or as its graph driver does. */
export type ImageStore = "containerd" | "overlay2";

/** An engine to test on. */
export interface EngineKind {
  version: EngineVersion;
  store: ImageStore;
}

/** Every kind by the name that BRIDGEPORT_TEST_ENGINE gives it, the newest first. */
export const engineKinds: Readonly<Record<string, EngineKind>> = {
  "28.5-containerd": { version: "28.5", store: "containerd" },
  "28.5": { version: "28.5", store: "overlay2" },
  "26.1": { version: "26.1", store: "overlay2" },
  "20.10": { version: "20.10", store: "overlay2" },
  podman: { version: "podman", store: "overlay2" },
};

const tools = ["iproute2", "iptables", "ca-certificates", "procps", "kmod"];
const docker = ["docker.io", "docker-cli", "docker-compose", "docker-buildx", ...tools];
const podman = ["podman", "runc", "netavark", "aardvark-dns", "nftables", "catatonit"];
const forky: EngineRoot = { name: "forky", suite: "forky", packages: docker };

/** The file system that has the engine; null: this machine's own. */
export const roots: Readonly<Record<EngineVersion, EngineRoot | null>> = {
  "28.5": forky,
  "26.1": { name: "trixie", suite: "trixie", packages: docker },
  "20.10": null,
  podman: { name: "forky-podman", suite: "forky", packages: [...podman, "docker-cli", ...tools] },
};

/**
 * The kind that tests run on where they name none: what BRIDGEPORT_TEST_ENGINE says, else the newest
 * one that is there.
 */
export function defaultKind(name = process.env.BRIDGEPORT_TEST_ENGINE): EngineKind {
  const wanted = name || newestThere();
  const kind = engineKinds[wanted];
  if (kind !== undefined) return kind;
  const known = Object.keys(engineKinds).join(", ");
  throw new Error(`BRIDGEPORT_TEST_ENGINE=${wanted} is not one of ${known}.`);
}

/** The name of a kind, as BRIDGEPORT_TEST_ENGINE takes it. */
export function nameOf({ version, store }: EngineKind): string {
  return store === "containerd" ? `${version}-containerd` : version;
}

/** The name of a kind for people, such as `Docker 28.5-containerd`. */
export function titleOf(kind: EngineKind): string {
  return kind.version === "podman" ? "Podman" : `Docker ${nameOf(kind)}`;
}

/** The directory with the file system of the version; null: this machine's own. */
export function fileSystemOf(version: EngineVersion): string | null {
  const root = roots[version];
  return root === null ? null : directoryOf(root);
}

function newestThere(): string {
  return existsSync(directoryOf(forky)) ? "28.5-containerd" : "20.10";
}
