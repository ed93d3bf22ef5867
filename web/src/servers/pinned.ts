import type { Join } from "$lib/api/model.ts";

/**
 * The lines to join with. Those that were made while the agent was not packaged pin nothing: they get
 * what they are to pin when it is known.
 * @param checksums SHA-256 of the agent's checksums now; null: still not known
 */
export function pinned(join: Join, checksums: string | null): Join {
  if (join.checksumsSha256 !== null || checksums === null) return join;
  const command = `${join.command} --sha256 ${checksums}`;
  return {
    ...join,
    command,
    // A string in JSON, as the command is in it.
    cloudInit: join.cloudInit.replace(JSON.stringify(join.command), () => JSON.stringify(command)),
    checksumsSha256: checksums,
  };
}
