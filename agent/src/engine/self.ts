import { readFile } from "node:fs/promises";
import { hostname } from "node:os";

/** What the agent's process can see of the container it may run in. */
export interface Surroundings {
  /** /proc/self/cgroup, empty where it cannot be read */
  cgroup: string;
  /** /proc/self/mountinfo, empty where it cannot be read */
  mountinfo: string;
  hostname: string;
}

export async function readSurroundings(): Promise<Surroundings> {
  const read = (path: string) => readFile(path, "utf8").catch(() => "");
  return {
    cgroup: await read("/proc/self/cgroup"),
    mountinfo: await read("/proc/self/mountinfo"),
    hostname: hostname(),
  };
}

const fullId = /[0-9a-f]{64}/g;
// The engine mounts these three files into every container, from a directory named after the container.
// Other mounts of that directory are visible on the host, too, so they prove nothing about this process.
const ownMount = /\/containers\/([0-9a-f]{64})\/[^ ]* \/etc\/(?:hostname|hosts|resolv\.conf) /;

/**
 * Finds out which container this process runs in. The id is looked for in the cgroup's path (cgroup
 * v1), then in the mounts that the engine makes (cgroup v2), then in the host name, which is the short
 * id unless the container was given another one.
 */
export function selfMatcher(surroundings: Surroundings): IsSelf {
  const { cgroup, mountinfo, hostname: name } = surroundings;
  const id = cgroup.match(fullId)?.at(-1) ?? ownMount.exec(mountinfo)?.[1];
  if (id !== undefined) return (containerId) => containerId === id;
  if (/^[0-9a-f]{12}$/.test(name)) return (containerId) => containerId.startsWith(name);
  return () => false;
}

/** Whether the agent itself runs in the container of this id. */
export type IsSelf = (containerId: string) => boolean;

let own: Promise<IsSelf> | null = null;

/** Tests whether a container is the agent's own; looked up only once, as that cannot change. */
export function ownContainer(): Promise<IsSelf> {
  own ??= readSurroundings().then(selfMatcher);
  return own;
}
