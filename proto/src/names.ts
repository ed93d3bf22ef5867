/*
 * The names and labels that both sides must agree on: the transient names that the agent gives to
 * containers while it replaces one, by which discovery recognises and ignores them, the tags of images
 * that it keeps, and the labels that say whose a container is.
 */

/** Labels that Compose, Swarm and people put on containers. */
export const labels = {
  /** `True`: a run of its own (`docker compose run`), beside the service it was made from */
  composeOneOff: "com.docker.compose.oneoff",
  /** set on the tasks of Docker Swarm */
  swarmTask: "com.docker.swarm.task.id",
  /** `true`: a container that is to be left alone */
  ignore: "bridgeport.ignore",
  /** on the container of a job: the id of its command */
  job: "bridgeport.job",
} as const;

/** Repositories that start so hold tags of our own, which keep images from a prune. */
export const keepTagPrefix = "bridgeport.local/";

// `<12 hex>_name` is what Compose gives while it re-creates a container.
const composeTransient = /^[0-9a-f]{12}_/;
// The agent's: `web-bp-<command>` is kept for a rollback, `-new-` is about to take the name and `-old-`
// to go, `-job-` runs a job. A command's part is ten hex digits, so `web-bp-proxy` is a user's.
const agentTransient = /-bp-(?:new-|old-|job-)?[0-9a-f]{10}$/;
const pruneGuard = /-bp-guard\d+-[0-9a-f]{10}$/;

/** Whether a container has its name only while something is replaced or pruned. */
export function isTransientName(name: string): boolean {
  return [composeTransient, agentTransient, pruneGuard].some((pattern) => pattern.test(name));
}

/** Whether a container has its name only to keep an image from being pruned. */
export function isGuardName(name: string): boolean {
  return pruneGuard.test(name);
}

/** The part of a command's id that is used in names: the end, as ids of the same second begin alike. */
export function shortCommand(commandId: string): string {
  return commandId.replaceAll(/[^A-Za-z0-9]/g, "").slice(-10);
}

/** The name of a new container until it takes the service's name. */
export function nextName(containerName: string, commandId: string): string {
  return `${containerName}-bp-new-${shortCommand(commandId)}`;
}

/** The name of a previous container that is kept as the target of a rollback. */
export function keptName(containerName: string, commandId: string): string {
  return `${containerName}-bp-${shortCommand(commandId)}`;
}

/** The name of a container that a rollback replaces, until it is removed. */
export function undoneName(containerName: string, commandId: string): string {
  return `${containerName}-bp-old-${shortCommand(commandId)}`;
}

/** The name of the container that a job runs in. */
export function jobName(containerName: string, commandId: string): string {
  return `${containerName}-bp-job-${shortCommand(commandId)}`;
}

/** The name of a container that a prune creates to protect an image, and removes again. */
export function guardName(commandId: string, position: number): string {
  return `bridgeport-bp-guard${position}-${shortCommand(commandId)}`;
}

/**
 * Whether `name` is a transient name that the agent gives to a container of the service `containerName`.
 * The end of a command's id is ten hex digits; any other name, such as `web-bp-proxy`, is not the agent's.
 */
export function isLeftoverOf(containerName: string, name: string): boolean {
  return (
    name.startsWith(`${containerName}-bp-`) &&
    /^(new-|old-)?[0-9a-f]{10}$/.test(name.slice(containerName.length + 4))
  );
}

/** The service's container name where `name` is a transient name; any other name as it is. */
export function serviceName(name: string): string {
  return name.replace(agentTransient, "");
}

/** Whether Compose made this container for one run of its own. */
export function isComposeOneOff(all: Record<string, string>): boolean {
  return all[labels.composeOneOff]?.toLowerCase() === "true";
}
