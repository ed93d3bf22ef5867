/*
 * The names and labels that both sides must agree on: what the agent calls containers and images
 * that it keeps or makes in passing, and the labels that say whose a container is.
 */

/** Labels that Compose, Swarm and people put on containers. */
export const labels = {
  /** `True`: a run of its own (`docker compose run`), beside the service it was made from */
  composeOneOff: "com.docker.compose.oneoff",
  /** set on the tasks of Docker Swarm */
  swarmTask: "com.docker.swarm.task.id",
  /** `true`: a container that is to be left alone */
  ignore: "bridgeport.ignore",
} as const;

/** Names of images that start so are tags of our own, which keep images from a prune. */
export const keepTagPrefix = "bridgeport.local/";

// `<12 hex>_name` is what Compose gives while it re-creates a container.
const composeTransient = /^[0-9a-f]{12}_/;
// The agent's: `web-bp-<command>` is kept for a rollback, `-new-` and `-old-` are on their way in and
// out, `-guard0-` is a prune's. A command's part is ten hex digits, so `web-bp-proxy` is a user's.
const agentTransient = /-bp-(?:new-|old-|guard\d+-)?[0-9a-f]{10}$/;

/** Whether a container has its name only while something is replaced. */
export function isTransientName(name: string): boolean {
  return composeTransient.test(name) || agentTransient.test(name);
}

/** Whether Compose made this container for one run of its own. */
export function isComposeOneOff(all: Record<string, string>): boolean {
  return all[labels.composeOneOff]?.toLowerCase() === "true";
}
