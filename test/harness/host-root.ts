import type { EngineRoot } from "./engine-root.ts";

/** Small servers to install an agent on: a Debian with nothing but what is named. */
export const hostRoots: Readonly<Record<"12" | "13", EngineRoot>> = {
  "12": { name: "host-bookworm", suite: "bookworm", packages: ["ca-certificates", "curl"] },
  "13": { name: "host-trixie", suite: "trixie", packages: ["ca-certificates", "curl"] },
};
