import { setTimeout as pause } from "node:timers/promises";
import { CommandFailure } from "../../command.ts";
import { within } from "../../within.ts";
import { type Engine, engineErrorKind, statusOf } from "../client.ts";
import { failureOf } from "../failure.ts";
import { inspectContainer, inspectNamed } from "../inspection.ts";
import type { ApprovedBody } from "./approval.ts";
import { type CarriedFiles, copyFiles } from "./archive.ts";
import { type EndpointSettings, type NetworkSettings, networkSteps } from "./networks.ts";

/** Single changes of containers. Each may be repeated: what is done already is no error. */

export interface NextContainer {
  body: ApprovedBody;
  networks: NetworkSettings;
  apiVersion: string;
  /** os/arch[/variant]; null: the engine's own */
  platform: string | null;
  /** to be copied into it; none where it has no predecessor, or that one is gone */
  files?: CarriedFiles | null;
}

/**
 * Creates a container and gives it exactly its networks and its files. A failure leaves nothing behind. Where a
 * leftover of the same temporary name is in the way, it goes first.
 */
export async function createContainer(
  engine: Engine,
  name: string,
  next: NextContainer,
): Promise<string> {
  const steps = networkSteps(
    next.networks,
    next.body.HostConfig.NetworkMode ?? "default",
    next.apiVersion,
  );
  const body = { ...next.body, NetworkingConfig: { EndpointsConfig: steps.atCreate } };
  const create = async (): Promise<string> => {
    const options = {
      _query: { name, ...(next.platform === null ? {} : { platform: next.platform }) },
      _body: body,
    };
    return (await engine.docker.createContainer(options as unknown as { name: string })).id;
  };
  let id: string;
  try {
    id = await create().catch(async (error) => {
      if (engineErrorKind(error) !== "conflict") throw error;
      const leftover = await inspectNamed(engine, name);
      if (leftover !== null) await removeContainer(engine, leftover.Id);
      return await create();
    });
  } catch (error) {
    const code = engineErrorKind(error) === "not_found" ? "not_found" : "create_failed";
    throw failureOf(engine, error, code, `The engine refuses to create the container ${name}`);
  }
  try {
    for (const { network, settings } of steps.connect) {
      await engine.docker
        .getNetwork(network)
        .connect({ Container: id, EndpointConfig: settings as Record<string, never> });
    }
    for (const network of steps.disconnect) {
      await engine.docker.getNetwork(network).disconnect({ Container: id, Force: true });
    }
  } catch (error) {
    await removeContainer(engine, id);
    throw failureOf(
      engine,
      error,
      "create_failed",
      `The new container ${name} could not be given its networks`,
    );
  }
  if (next.files) {
    try {
      await copyFiles(engine, next.files, id);
    } catch (error) {
      await removeContainer(engine, id);
      throw failureOf(
        engine,
        error,
        "create_failed",
        `The new container ${name} could not be given the files of the previous one`,
      );
    }
  }
  return id;
}

/**
 * Gives a running container networks with all their settings, where it has joined them without
 * some of the names. Leaves those alone that are complete. Returns whether it joined any: it was off
 * them for a moment then, and may have other addresses.
 */
export async function completeNetworks(
  engine: Engine,
  id: string,
  endpoints: Record<string, EndpointSettings>,
): Promise<boolean> {
  let joinedAny = false;
  const container = await inspectContainer(engine, id);
  for (const [name, settings] of Object.entries(endpoints)) {
    const joined = container?.NetworkSettings.Networks?.[name];
    const names = new Set(joined?.Aliases ?? []);
    if (joined !== undefined && (settings.Aliases ?? []).every((alias) => names.has(alias))) {
      continue;
    }
    const network = engine.docker.getNetwork(name);
    if (joined !== undefined) await network.disconnect({ Container: id });
    await network.connect({ Container: id, EndpointConfig: settings as Record<string, never> });
    joinedAny = true;
  }
  return joinedAny;
}

/** Renames a container, unless it has that name already. */
export async function rename(engine: Engine, id: string, name: string): Promise<void> {
  try {
    await engine.docker.getContainer(id).rename({ name });
  } catch (error) {
    const container = await inspectContainer(engine, id);
    if (container?.Name === `/${name}`) return;
    throw error;
  }
}

/**
 * Renames a container that is about to be stopped anyway. One whose process has just
 * ended cannot be renamed (the engine looks for the network that it has no more), so it is stopped
 * first. One that is gone is fine: its name is free.
 */
export async function renameAway(engine: Engine, id: string, name: string): Promise<void> {
  try {
    await rename(engine, id, name);
  } catch (error) {
    if (!["engine", "not_found"].includes(engineErrorKind(error))) throw error;
    await stopContainer(engine, id);
    if ((await inspectContainer(engine, id)) === null) return;
    await rename(engine, id, name);
  }
}

/** What `stopLimitMs` is at most. */
const longestStopMs = 3_600_000;
/** Beyond a container's own time to stop; an engine that has not killed it by then hangs. */
const stopGraceMs = 60_000;
/** Podman says of a container that it is about to start again that it has stopped, and then starts it. */
const stopAttempts = 20;
const stopPauseMs = 100;

/**
 * Stops a container with its own signal and timeout. One that is stopped, or gone, is fine. Throws
 * `stop_failed` where the engine does not answer in the container's own time (`limitMs`) and a minute, or
 * where Podman starts the container again and again.
 */
export async function stopContainer(
  engine: Engine,
  id: string,
  limitMs = longestStopMs,
  attempt = stopAttempts,
): Promise<void> {
  try {
    const container = engine.docker.getContainer(id);
    const stopping = endingPause(engine, id, () => container.stop());
    if ((await within(limitMs + stopGraceMs, stopping)) !== "late") return;
    throw new CommandFailure(
      "stop_failed",
      `The Docker Engine has not stopped the container ${id.slice(0, 12)} although its stop timeout is over: look at the container and its shim on the server.`,
    );
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) return;
    if (status !== 304) throw error;
    if (!(await inspectContainer(engine, id))?.State.Restarting) return;
    if (attempt === 0) throw startsAgain(id);
    await pause(stopPauseMs);
    await stopContainer(engine, id, limitMs, attempt - 1);
  }
}

/** Sends a signal to a container's process. One that does not run is fine. */
export async function signalContainer(engine: Engine, id: string, signal: string): Promise<void> {
  try {
    await engine.docker.getContainer(id).kill({ signal });
  } catch (error) {
    if (!["not_found", "conflict"].includes(engineErrorKind(error))) throw error;
  }
}

function startsAgain(id: string): CommandFailure {
  return new CommandFailure(
    "stop_failed",
    `The container ${id.slice(0, 12)} ends and is started again so quickly that Podman, which stops none between two runs, could not stop it: run podman update --restart=no on its server first.`,
  );
}

/**
 * Stops or restarts a container, also one that is paused where the engine, which is Podman, does that to
 * none.
 */
export async function endingPause<T>(
  engine: Engine,
  id: string,
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(await isPaused(engine, id, error))) throw error;
    await engine.docker.getContainer(id).unpause();
    return await change();
  }
}

/** Starts a container. One that runs is fine, and one that has been paused since it was started. */
export async function startContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.docker.getContainer(id).start();
  } catch (error) {
    if (statusOf(error) === 304 || (await isPaused(engine, id, error))) return;
    throw error;
  }
}

/** Pauses a container. One that is paused is fine. */
export async function pauseContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.docker.getContainer(id).pause();
  } catch (error) {
    if (!(await isPaused(engine, id, error))) throw error;
  }
}

/** Whether the engine refused a change of a container that is paused. */
async function isPaused(engine: Engine, id: string, error: unknown): Promise<boolean> {
  if (!["conflict", "engine"].includes(engineErrorKind(error))) return false;
  return (await inspectContainer(engine, id))?.State.Paused === true;
}

/** Removes a container with the volumes that were made for it alone. One that is gone is fine. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  await remove(engine, id, { withVolumes: true });
}

/** Removes a previous container and leaves its volumes, which are the new container's now. */
export async function removeKept(engine: Engine, id: string): Promise<void> {
  await remove(engine, id, { withVolumes: false });
}

async function remove(
  engine: Engine,
  id: string,
  { withVolumes }: { withVolumes: boolean },
): Promise<void> {
  try {
    await engine.docker.getContainer(id).remove({ force: true, v: withVolumes });
  } catch (error) {
    const kind = engineErrorKind(error);
    if (kind === "not_found") return;
    // It is being removed at this moment, perhaps by the engine itself.
    if (kind === "conflict" && (await inspectContainer(engine, id)) === null) return;
    throw error;
  }
}
