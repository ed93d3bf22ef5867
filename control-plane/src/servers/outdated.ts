import semver from "semver";

/** Whether an agent is older than the control plane. One of a newer control plane is not. */
export function isOutdated(agentVersion: string | null, ours: string): boolean {
  if (agentVersion === null || semver.valid(agentVersion) === null) return false;
  return semver.lt(agentVersion, ours);
}
