import { setTimeout as pause } from "node:timers/promises";
import type { Power } from "@bridgeport/proto/powers";
import { CommandFailure } from "../../command.ts";
import { timed } from "../../current-command.ts";
import { within } from "../../within.ts";
import { type Engine, engineErrorKind, engineMessage } from "../client.ts";
import { asItWas } from "../container/approval.ts";
import type { CreateBody } from "../container/config.ts";
import type { NetworkSettings } from "../container/networks.ts";
import {
  createContainer,
  type NextContainer,
  pauseContainer,
  removeContainer,
  rename,
  renameAway,
  startContainer,
  stopContainer,
} from "../container/steps.ts";
import {
  type ContainerInspection,
  inspectContainer,
  inspectNamed,
  type RestartPolicy,
  stopLimitMs,
} from "../inspection.ts";

/**
 * One container replaces another: the single steps, and how to undo them. Every step may be repeated,
 * and what has to be undone is read from the engine. So an exchange that was interrupted at any point
 * can be undone or finished from this record alone.
 */
export interface Exchange {
  /** the service's container name */
  name: string;
  /** the container that is to have it */
  next: CreatedContainer | KeptContainer;
  /** the previous container's name after the exchange */
  previousName: string;
  /** the container that has it now; null: there is none */
  previous: PreviousContainer | null;
}

/** A container that is created for this exchange, and removed if the exchange is undone. */
export interface CreatedContainer {
  from: "created";
  /** its transient name until it gets the service's name */
  name: string;
}

/** A container that an earlier run replaced and kept; if the exchange is undone, it stays a kept one. */
export interface KeptContainer {
  from: "kept";
  id: string;
  /** its name while it is kept */
  name: string;
  /** how it was before it was replaced */
  running: boolean;
  paused: boolean;
  /** it was crashing and being restarted by the engine */
  restarting?: boolean;
  restartPolicy: RestartPolicy;
}

export interface PreviousContainer {
  id: string;
  imageId: string;
  running: boolean;
  paused: boolean;
  /** it was crashing and being restarted by the engine; absent in journals of earlier versions */
  restarting?: boolean;
  restartPolicy: RestartPolicy;
  /** how long it may take to stop, in milliseconds; absent in journals of earlier versions */
  stopLimitMs?: number;
  /** as the engine reports it; if it has changed later, the container was stopped meanwhile */
  startedAt: string;
  /**
   * what it has that reaches beyond a container, where a run replaces it: a rollback may give it back even
   * where no container is left to look at; absent in journals of earlier versions
   */
  powers?: readonly Power[];
  /** for a container that the engine removes when it stops: what to create it from again; otherwise null */
  autoRemove: { body: CreateBody; networks: NetworkSettings } | null;
}

/**
 * Creates the next container under its transient name, with all its networks; a kept one exists already.
 * Returns its id.
 */
export async function obtainNext(
  engine: Engine,
  { next }: Exchange,
  createFrom: NextContainer | null,
): Promise<string> {
  if (next.from === "kept") return next.id;
  if (createFrom === null)
    throw new Error("A container cannot be created without its configuration.");
  return await timed("create", () => createContainer(engine, next.name, createFrom));
}

/**
 * Sets the previous container's restart policy to `no`, so that the engine does not start it again by
 * itself. False if that has to be repeated once it has stopped: the engine cannot change a container
 * whose process has just ended.
 */
export async function suspendRestartPolicy(
  engine: Engine,
  { previous }: Exchange,
): Promise<boolean> {
  if (previous === null || previous.autoRemove !== null || !restartsByItself(previous)) return true;
  try {
    await setRestartPolicy(engine, previous.id, noRestart);
    return true;
  } catch (error) {
    const kind = engineErrorKind(error);
    if (["engine", "conflict", "silent"].includes(kind)) return false;
    if (kind === "not_found") return true;
    throw error;
  }
}

const noRestart: RestartPolicy = { Name: "no", MaximumRetryCount: 0 };

async function setRestartPolicy(
  engine: Engine,
  id: string,
  RestartPolicy: RestartPolicy,
): Promise<void> {
  await engine.docker.getContainer(id).update({ RestartPolicy });
}

function restartsByItself({ restartPolicy }: Pick<PreviousContainer, "restartPolicy">): boolean {
  return !["", "no"].includes(restartPolicy.Name ?? "");
}

/** Gives a kept container its restart policy again. A created one has it from the beginning. */
export async function restoreNextRestartPolicy(engine: Engine, { next }: Exchange): Promise<void> {
  // Also where it is `no`: agents of earlier versions changed the policy of such containers, too.
  if (next.from === "kept") await setRestartPolicy(engine, next.id, next.restartPolicy);
}

/**
 * Whether the next container is to be paused, because the container that it replaces, or it itself before,
 * was.
 */
export function pausesNext({ next, previous }: Exchange): boolean {
  return next.from === "kept" ? next.paused : (previous?.paused ?? false);
}

/** Renames the previous container and gives the service's name to the next one. */
export async function swapNames(engine: Engine, exchange: Exchange, nextId: string): Promise<void> {
  if (exchange.previous !== null) {
    await renameAway(engine, exchange.previous.id, exchange.previousName);
  }
  await rename(engine, nextId, exchange.name);
}

/**
 * The next container; null where it does not exist (yet). Until its id is known it has its transient
 * name, so a container that has the service's name is never taken for it.
 */
export async function findNext(
  engine: Engine,
  { next }: Exchange,
  nextId: string | null,
): Promise<ContainerInspection | null> {
  const id = next.from === "kept" ? next.id : nextId;
  return id === null ? await inspectNamed(engine, next.name) : await inspectContainer(engine, id);
}

/**
 * Undoes an exchange from any point: the next container is removed, or a kept one again; the previous
 * one has its name and restart policy and runs if it ran. Without `start` it is not started. If the
 * previous container was removed by others, the next one gets the service's name, so that the service
 * runs at all, and a failure is thrown.
 * @returns when the previous container was started again; null if it had not stopped. Containers that
 * share its namespaces have lost them if it was started again
 */
export async function undoExchange(
  engine: Engine,
  exchange: Exchange,
  nextId: string | null,
  apiVersion: string,
  { start = true }: { start?: boolean } = {},
): Promise<{ restartedAt: string | null }> {
  const { previous, name } = exchange;
  const next = await findNext(engine, exchange, nextId);
  const old = previous === null ? null : await findPrevious(engine, previous);
  if (previous !== null && old === null && previous.autoRemove === null) {
    if (next !== null) {
      await rename(engine, next.Id, name);
      await restoreNextRestartPolicy(engine, exchange);
      if (previous.running && start) await startContainer(engine, next.Id);
    }
    throw new CommandFailure("not_found", previousGone(name, previous.id, next !== null));
  }
  if (next !== null) await undoNext(engine, exchange, next);
  if (previous === null) return { restartedAt: null };
  return old === null
    ? await recreateRemoved(engine, exchange, previous, apiVersion)
    : await putBack(engine, exchange, previous, old, start);
}

/** Removes a created container; a kept one gets its name and state as a kept container again. */
async function undoNext(
  engine: Engine,
  { name, next: record, previous }: Exchange,
  next: ContainerInspection,
): Promise<void> {
  // A kept container that replaces none keeps the service's name, as no other container needs it.
  if (record.from === "kept" && previous === null) return;
  if (next.State.Running) await stopIfPossible(engine, next);
  if (record.from === "kept") {
    await rename(engine, next.Id, record.name);
    await setRestartPolicy(engine, next.Id, noRestart);
    return;
  }
  // The previous container has to start in any case; the next run removes what could not be removed.
  if (await isRemoved(engine, next.Id)) return;
  if (next.Name === `/${name}`) await rename(engine, next.Id, record.name);
}

/** One whose process hangs must not keep the previous container from starting. */
async function stopIfPossible(engine: Engine, { Id: id, Config: config }: ContainerInspection) {
  try {
    await stopContainer(engine, id, stopLimitMs(config));
  } catch (error) {
    if (!(error instanceof CommandFailure) && engineErrorKind(error) !== "silent") throw error;
  }
}

const removeLimitMs = 60_000;

async function isRemoved(engine: Engine, id: string): Promise<boolean> {
  try {
    return (await within(removeLimitMs, removeContainer(engine, id))) !== "late";
  } catch (error) {
    if (["engine", "conflict", "silent"].includes(engineErrorKind(error))) return false;
    throw error;
  }
}

function previousGone(name: string, id: string, hasNext: boolean): string {
  const left = hasNext ? `, so the new one stays in its place` : "";
  return `The previous container of ${name} (${id.slice(0, 12)}) no longer exists: it was removed on the server during this change${left}. Deploy the service again.`;
}

const removalPauseMs = 100;
const removalAttempts = 300;

/** Null where it is gone, or the engine is just removing it. */
async function findPrevious(
  engine: Engine,
  { id, autoRemove, running }: PreviousContainer,
): Promise<ContainerInspection | null> {
  const old = await inspectContainer(engine, id);
  if (old === null || autoRemove === null || !running || old.State.Running) return old;
  // Polled, as the engine's own wait for a removal would hang if the engine stopped.
  for (let attempt = 0; attempt < removalAttempts; attempt += 1) {
    await pause(removalPauseMs);
    if ((await inspectContainer(engine, id)) === null) return null;
  }
  return old;
}

/** Gives the previous container its name and restart policy again, and starts it if it ran. */
export async function putBack(
  engine: Engine,
  { name }: Pick<Exchange, "name">,
  previous: PreviousContainer,
  old: ContainerInspection,
  start = true,
): Promise<{ restartedAt: string | null }> {
  if (old.Name !== `/${name}`) await rename(engine, previous.id, name);
  // Before its start: if it ends at once, its restart policy has to apply already.
  const policyFailure = await restoreRestartPolicy(engine, previous, old);
  let restartedAt = null;
  if (previous.running && start) {
    if (!old.State.Running) await startContainer(engine, previous.id);
    if (previous.paused && !old.State.Paused) await pauseContainer(engine, previous.id);
    const after = old.State.Running ? old : await inspectContainer(engine, previous.id);
    const startedAt = after?.State.StartedAt ?? previous.startedAt;
    if (startedAt !== previous.startedAt) restartedAt = startedAt;
  }
  if (policyFailure !== null) throw policyFailure.error;
  return { restartedAt };
}

/** Returns an error rather than throw it, as the container has to be started all the same. */
async function restoreRestartPolicy(
  engine: Engine,
  previous: PreviousContainer,
  { HostConfig: now }: ContainerInspection,
): Promise<{ error: unknown } | null> {
  if (hasRestartPolicy(previous, now.RestartPolicy)) return null;
  try {
    await setRestartPolicy(engine, previous.id, previous.restartPolicy);
    return null;
  } catch (error) {
    return { error };
  }
}

function hasRestartPolicy(
  previous: PreviousContainer,
  now: RestartPolicy | null | undefined,
): boolean {
  if (previous.autoRemove !== null || !restartsByItself(previous)) return true;
  return now?.Name === previous.restartPolicy.Name;
}

/**
 * Whether the previous container is as it was before: it has its name and restart policy, and runs if it
 * ran.
 */
export function isRestored(
  { name }: Pick<Exchange, "name">,
  previous: PreviousContainer,
  { Name: called, State: state, HostConfig: host }: ContainerInspection,
): boolean {
  const runs = state.Running || !previous.running;
  return called === `/${name}` && runs && hasRestartPolicy(previous, host.RestartPolicy);
}

async function recreateRemoved(
  engine: Engine,
  { name }: Exchange,
  { id, running, autoRemove }: PreviousContainer,
  apiVersion: string,
): Promise<{ restartedAt: string | null }> {
  if (autoRemove === null) throw new CommandFailure("not_found", previousGone(name, id, false));
  let created = (await inspectNamed(engine, name))?.Id;
  if (created === undefined) {
    const { body, networks } = autoRemove;
    const next = { body: asItWas(body), networks, apiVersion, platform: null };
    created = await createContainer(engine, name, next);
    if (running) await startContainer(engine, created);
  }
  const after = running ? await inspectContainer(engine, created) : null;
  return { restartedAt: after?.State.StartedAt ?? null };
}

/**
 * The failure of an undo, added to the failure that made it necessary. If the engine cannot be reached,
 * only that is the failure: the undo continues when it can be reached again.
 */
export function undoFailure(cause: CommandFailure, undo: unknown, name: string): CommandFailure {
  if (undo instanceof CommandFailure && undo.code === "engine_unavailable") return undo;
  const why = undo instanceof CommandFailure ? undo.message : engineMessage(undo);
  if (engineErrorKind(undo) === "unavailable") {
    return new CommandFailure("engine_unavailable", `The Docker Engine stopped answering: ${why}`, {
      cause: undo,
    });
  }
  return new CommandFailure(
    cause.code,
    `${cause.message} Putting the previous container of ${name} back failed too: ${why}`,
    { logLines: cause.logLines, exitCode: cause.exitCode, cause },
  );
}
