import { existsSync } from "node:fs";
import { rootOf } from "./engine-root.ts";

/** The versions that tests can start; `20.10` is whichever engine this machine has installed. */
export type EngineVersion = "28.5" | "26.1" | "20.10";

/** Where an engine keeps its images: with containerd, or with its graph driver. */
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
};

/** The Debian release whose file system has the version; null: this machine's own. */
export const suites: Readonly<Record<EngineVersion, string | null>> = {
  "28.5": "forky",
  "26.1": "trixie",
  "20.10": null,
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

/** The directory with the file system of the version; null: this machine's own. */
export function fileSystemOf(version: EngineVersion): string | null {
  const suite = suites[version];
  return suite === null ? null : rootOf(suite);
}

function newestThere(): string {
  const suite = suites["28.5"];
  return suite !== null && existsSync(rootOf(suite)) ? "28.5-containerd" : "20.10";
}
