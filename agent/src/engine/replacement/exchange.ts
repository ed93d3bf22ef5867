import { setTimeout as pause } from "node:timers/promises";
import { CommandFailure } from "../../command.ts";
import { type Engine, engineErrorKind, engineMessage } from "../client.ts";
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
} from "../inspection.ts";

/**
 * One container taking the place of another: the single steps, and how to take them back. Every
 * step may be repeated, and what is to be undone is read from the engine, so that an exchange that
 * was cut off anywhere can be undone or finished knowing no more than this record.
 */
export interface Exchange {
  /** the service's container name */
  name: string;
  /** the container that takes it */
  next: CreatedContainer | KeptContainer;
  /** what the previous container is called from then on */
  previousName: string;
  /** the container that has it now; null: there is none */
  previous: PreviousContainer | null;
}

/** It is created for this exchange, and removed if the exchange is undone. */
export interface CreatedContainer {
  from: "created";
  /** what it is called until it takes the service's name */
  name: string;
}

/** It was replaced by an earlier run and kept; if the exchange is undone, it is kept on. */
export interface KeptContainer {
  from: "kept";
  id: string;
  /** what it is called while it is kept */
  name: string;
  /** how it was before it was replaced */
  running: boolean;
  paused: boolean;
  /** it kept crashing */
  restarting?: boolean;
  restartPolicy: RestartPolicy;
}

export interface PreviousContainer {
  id: string;
  imageId: string;
  running: boolean;
  paused: boolean;
  /** it keeps crashing; absent in journals of earlier versions */
  restarting?: boolean;
  restartPolicy: RestartPolicy;
  /** as the engine says it: another time later means that it has been stopped meanwhile */
  startedAt: string;
  /** The engine removes it as soon as it stops; then this is what to create it from again. */
  autoRemove: { body: CreateBody; networks: NetworkSettings } | null;
}

/** The next container, created under its temporary name with all its networks, or the kept one. Returns its id. */
export async function obtainNext(
  engine: Engine,
  { next }: Exchange,
  make: NextContainer | null,
): Promise<string> {
  if (next.from === "kept") return next.id;
  if (make === null) throw new Error("A container cannot be created from nothing.");
  return await createContainer(engine, next.name, make);
}

/**
 * Keeps the engine from starting the previous container again by itself. False if that has to be
 * done once it has stopped: the engine cannot change a container whose process has just ended.
 */
export async function disarmPrevious(engine: Engine, { previous }: Exchange): Promise<boolean> {
  if (previous === null || previous.autoRemove !== null || !rearms(previous)) return true;
  try {
    await setRestartPolicy(engine, previous.id, never);
    return true;
  } catch (error) {
    const kind = engineErrorKind(error);
    if (kind === "engine" || kind === "conflict") return false;
    if (kind === "not_found") return true;
    throw error;
  }
}

const never: RestartPolicy = { Name: "no", MaximumRetryCount: 0 };

async function setRestartPolicy(
  engine: Engine,
  id: string,
  RestartPolicy: RestartPolicy,
): Promise<void> {
  await engine.docker.getContainer(id).update({ RestartPolicy });
}

function rearms({ restartPolicy }: Pick<PreviousContainer, "restartPolicy">): boolean {
  return !["", "no"].includes(restartPolicy.Name ?? "");
}

/** Gives a kept container the restart policy that it had: one that is created has it already. */
export async function armNext(engine: Engine, { next }: Exchange): Promise<void> {
  // Also where it is `no`: agents of earlier versions disarmed without need.
  if (next.from === "kept") await setRestartPolicy(engine, next.id, next.restartPolicy);
}

/** Whether the next container is to be paused, as the container that it stands for was. */
export function pausesNext({ next, previous }: Exchange): boolean {
  return next.from === "kept" ? next.paused : (previous?.paused ?? false);
}

/** The previous container gives its name away, and the next one takes it. */
export async function swapNames(engine: Engine, exchange: Exchange, nextId: string): Promise<void> {
  if (exchange.previous !== null) {
    await renameAway(engine, exchange.previous.id, exchange.previousName);
  }
  await rename(engine, nextId, exchange.name);
}

/**
 * The next container, wherever it has got to; null where there is none (yet). Its id is known before
 * it takes the service's name: a container that has that name otherwise is not ours.
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
 * Puts everything back as it was, from whatever point was reached: the next container is gone or kept
 * again, the previous one has its name and restart policy and runs if it ran. Without `start` it is
 * left stopped where it has stopped. Where the previous one is gone, the next one is all there is:
 * it takes the name, and that is the failure.
 * @returns when the previous one was started, null if it has not stopped: whatever shares the
 * namespaces of one that was started again has lost them
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
      await armNext(engine, exchange);
      if (previous.running && start) await startContainer(engine, next.Id);
    }
    throw new CommandFailure("not_found", previousGone(name, previous.id, next !== null));
  }
  if (next !== null) await takeAway(engine, exchange, next);
  if (previous === null) return { restartedAt: null };
  return old === null
    ? await recreateRemoved(engine, exchange, previous, apiVersion)
    : await putBack(engine, exchange, previous, old, start);
}

/** The next container goes to where it came from. */
async function takeAway(
  engine: Engine,
  { name, next: record, previous }: Exchange,
  next: ContainerInspection,
): Promise<void> {
  // A kept one that takes no other's place keeps the name, which nothing else has.
  if (record.from === "kept" && previous === null) return;
  if (next.State.Running) await stopContainer(engine, next.Id);
  if (record.from === "kept") {
    await rename(engine, next.Id, record.name);
    await setRestartPolicy(engine, next.Id, never);
    return;
  }
  try {
    await removeContainer(engine, next.Id);
  } catch (error) {
    // Better a leftover, which the next run removes, than a service that stays down.
    if (engineErrorKind(error) !== "engine" && engineErrorKind(error) !== "conflict") throw error;
    if (next.Name === `/${name}`) await rename(engine, next.Id, record.name);
  }
}

function previousGone(name: string, id: string, hasNext: boolean): string {
  const left = hasNext ? `, so the new one is left in its place` : "";
  return `The previous container of ${name} (${id.slice(0, 12)}) is no longer there: it was removed on the server while this went on${left}. Deploy the service again.`;
}

const removalPauseMs = 100;
const removalAttempts = 300;

/** Null where it is gone, or will be in a moment. */
async function findPrevious(
  engine: Engine,
  { id, autoRemove, running }: PreviousContainer,
): Promise<ContainerInspection | null> {
  const old = await inspectContainer(engine, id);
  if (old === null || autoRemove === null || !running || old.State.Running) return old;
  // Asked again and again: a wait would never end if the engine did.
  for (let attempt = 0; attempt < removalAttempts; attempt += 1) {
    await pause(removalPauseMs);
    if ((await inspectContainer(engine, id)) === null) return null;
  }
  return old;
}

/** The previous container under its name, with its restart policy, running if it ran. */
export async function putBack(
  engine: Engine,
  { name }: Pick<Exchange, "name">,
  previous: PreviousContainer,
  old: ContainerInspection,
  start = true,
): Promise<{ restartedAt: string | null }> {
  if (old.Name !== `/${name}`) await rename(engine, previous.id, name);
  // Before its start: it may end at once, and be started again for its policy's sake alone.
  const rearmed = await rearm(engine, previous, old);
  let restartedAt = null;
  if (previous.running && start) {
    if (!old.State.Running) await startContainer(engine, previous.id);
    if (previous.paused && !old.State.Paused) await pauseContainer(engine, previous.id);
    const after = old.State.Running ? old : await inspectContainer(engine, previous.id);
    const startedAt = after?.State.StartedAt ?? previous.startedAt;
    if (startedAt !== previous.startedAt) restartedAt = startedAt;
  }
  if (rearmed !== null) throw rearmed.error;
  return { restartedAt };
}

/** Returns what went wrong, which must not keep a container from being started. */
async function rearm(
  engine: Engine,
  previous: PreviousContainer,
  { HostConfig: now }: ContainerInspection,
): Promise<{ error: unknown } | null> {
  if (isArmed(previous, now.RestartPolicy)) return null;
  try {
    await setRestartPolicy(engine, previous.id, previous.restartPolicy);
    return null;
  } catch (error) {
    return { error };
  }
}

function isArmed(previous: PreviousContainer, now: RestartPolicy | null | undefined): boolean {
  if (previous.autoRemove !== null || !rearms(previous)) return true;
  return now?.Name === previous.restartPolicy.Name;
}

/** Whether the previous container is as it was before: called the same, and running if it ran. */
export function isBack(
  { name }: Pick<Exchange, "name">,
  previous: PreviousContainer,
  { Name: called, State: state, HostConfig: host }: ContainerInspection,
): boolean {
  const runs = state.Running || !previous.running;
  return called === `/${name}` && runs && isArmed(previous, host.RestartPolicy);
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
    created = await createContainer(engine, name, { ...autoRemove, apiVersion, platform: null });
    if (running) await startContainer(engine, created);
  }
  const after = running ? await inspectContainer(engine, created) : null;
  return { restartedAt: after?.State.StartedAt ?? null };
}

/**
 * The failure of an undo, added to the one that made it necessary. An engine that went away
 * meanwhile stands alone: the undo goes on when it is back.
 */
export function undoFailure(cause: CommandFailure, undo: unknown, name: string): CommandFailure {
  if (undo instanceof CommandFailure && undo.code === "engine_unavailable") return undo;
  const why = undo instanceof CommandFailure ? undo.message : engineMessage(undo);
  if (engineErrorKind(undo) === "unavailable") {
    return new CommandFailure("engine_unavailable", `The Docker Engine went away: ${why}`, {
      cause: undo,
    });
  }
  return new CommandFailure(
    cause.code,
    `${cause.message} Putting the previous container of ${name} back failed too: ${why}`,
    { logLines: cause.logLines, exitCode: cause.exitCode, cause },
  );
}
