/**
 * Transient names that the agent gives to containers while it replaces one. All of them have `-bp-`
 * between the service's name and the command's id, by which discovery recognises and ignores them.
 */

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

const transientName = /-bp-(new-|old-)?[0-9a-f]{10}$/;

/** Whether `name` is a transient name that the agent gives to a container of any service. */
export function isOwnTransientName(name: string): boolean {
  return transientName.test(name);
}

/** The service's container name where `name` is a transient name; any other name as it is. */
export function serviceName(name: string): string {
  return name.replace(transientName, "");
}
