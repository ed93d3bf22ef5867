/**
 * Names that the agent gives to containers while it replaces one. All of them hold `-bp-`
 * between the service's name and the command, which is how discovery knows to leave them out.
 */

/** The part of a command id that goes into names: ids made in the same second begin alike, so its end. */
export function shortCommand(commandId: string): string {
  return commandId.replaceAll(/[^A-Za-z0-9]/g, "").slice(-10);
}

/** The new container until it takes the service's name. */
export function nextName(containerName: string, commandId: string): string {
  return `${containerName}-bp-new-${shortCommand(commandId)}`;
}

/** The previous container, kept as the target of a rollback. */
export function keptName(containerName: string, commandId: string): string {
  return `${containerName}-bp-${shortCommand(commandId)}`;
}

/** The container that a rollback takes away. */
export function undoneName(containerName: string, commandId: string): string {
  return `${containerName}-bp-old-${shortCommand(commandId)}`;
}

/** A container of no service, that only a prune makes and removes. */
export function guardName(commandId: string, position: number): string {
  return `bridgeport-bp-guard${position}-${shortCommand(commandId)}`;
}

/**
 * Whether `name` is one that this agent gave to a container of `containerName` in passing. The end of
 * a command's id is ten hex digits; anything else, such as `web-bp-proxy`, is a name of somebody's own.
 */
export function isLeftoverOf(containerName: string, name: string): boolean {
  return (
    name.startsWith(`${containerName}-bp-`) &&
    /^(new-|old-)?[0-9a-f]{10}$/.test(name.slice(containerName.length + 4))
  );
}

const passing = /-bp-(new-|old-)?[0-9a-f]{10}$/;

/** Whether `name` is one that this agent gives in passing, to a container of whatever service. */
export function isPassing(name: string): boolean {
  return passing.test(name);
}

/** The service's container name, where `name` is one that this agent gives in passing. */
export function serviceName(name: string): string {
  return name.replace(passing, "");
}
