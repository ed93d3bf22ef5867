import type { EngineRoot } from "./engine-root.ts";

/** Small servers to install an agent on: a Debian with nothing but what is named. */
export type HostKind = "12" | "12 with OpenRC" | "13";

export const hostRoots: Readonly<Record<HostKind, EngineRoot>> = {
  "12": { name: "host-bookworm", suite: "bookworm", packages: ["ca-certificates", "curl"] },
  "12 with OpenRC": {
    name: "host-bookworm-openrc",
    suite: "bookworm",
    packages: ["ca-certificates", "curl", "openrc"],
  },
  "13": { name: "host-trixie", suite: "trixie", packages: ["ca-certificates", "curl"] },
};
