import { createHash } from "node:crypto";
import type { PackagedProgram } from "./read-package.ts";

/**
 * What names the agent's programs of one version: a line for each platform, with the SHA-256 of the
 * program. It is what a join line pins by its own SHA-256, and what the authority signs.
 */
export function checksumsOf({ version, platforms }: PackagedProgram): string {
  const lines = Object.entries(platforms)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([platform, { sha256 }]) => `${sha256}  ${platform}\n`);
  return `bridgeport-agent ${version}\n${lines.join("")}`;
}

/** In hexadecimal. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
