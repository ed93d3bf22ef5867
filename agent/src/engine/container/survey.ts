import { setTimeout as pause } from "node:timers/promises";
import { isTransientName, serviceName } from "@bridgeport/proto";
import { within } from "../../within.ts";
import { type Engine, engineErrorKind, Memory } from "../client.ts";
import { type ContainerInspection, inspectContainer } from "../inspection.ts";
import { sharedLook } from "../shared-look.ts";
import { referencedContainer } from "./config.ts";
import { type ListedContainer, listContainers, listedByEvents } from "./listing.ts";

/** All containers of an engine at one moment, with what each of them needs of others. */
export interface Survey {
  containers: SurveyedContainer[];
  /** by full id, without the slash */
  names: Map<string, string>;
}

export interface SurveyedContainer extends ListedContainer {
  references: References;
}

/** Ids or names of other containers; they never change in the life of a container. */
export interface References {
  /** whose network, IPC or process namespace it lives in: dead once that container ends */
  namespaces: string[];
  /** legacy links: dead once that container is replaced */
  links: string[];
  volumesFrom: string[];
}

const none: References = { namespaces: [], links: [], volumesFrom: [] };
const lookUpAttempts = 3;
const lookUpPauseMs = 50;
const lookUpPatienceMs = 3_000;
/** One that the engine did not describe is not asked about again within this time, unless by the inventory. */
const unknownForMs = 30_000;

const memory = new Memory(() => ({
  // by container id
  known: new Map<string, References>(),
  /** until when the engine's not describing it is taken for granted, by the monotonic clock */
  unknownUntil: new Map<string, number>(),
}));

/** Takes over what a look at a container tells, so that a survey need not ask for it. */
export function noteContainer(engine: Engine, container: ContainerInspection): void {
  const { known, unknownUntil } = engine.recall(memory);
  known.set(container.Id, referencesOf(container));
  unknownUntil.delete(container.Id);
}

/** The container is gone. */
export function forgetContainer(engine: Engine, id: string): void {
  const { known, unknownUntil } = engine.recall(memory);
  known.delete(id);
  unknownUntil.delete(id);
}

/** All containers as the engine's events have told of them so far, which may be a moment late. */
export async function knownContainers(engine: Engine): Promise<Survey> {
  const { known } = engine.recall(memory);
  const listed = listedByEvents(engine);
  const containers = (listed ?? []).flatMap((container) => {
    const references = known.get(container.id);
    return references === undefined ? [] : [{ ...container, references }];
  });
  if (containers.length !== listed?.length) return await surveyContainers(engine);
  return { containers, names: namesOf(containers) };
}

const namesOf = (containers: readonly SurveyedContainer[]): Map<string, string> =>
  new Map(containers.map(({ id, name }) => [id, name]));

/** The engine does not describe this container now: a survey does not wait for it. */
export function noteUnknown(engine: Engine, id: string): void {
  engine.recall(memory).unknownUntil.set(id, performance.now() + unknownForMs);
}

/**
 * All containers as they are now: one list for all that ask at the same time, and one request more for
 * each container that was never seen before.
 */
export function surveyContainers(engine: Engine): Promise<Survey> {
  return sharedLook(engine, "containers", () => survey(engine));
}

async function survey(engine: Engine): Promise<Survey> {
  const listed = await listContainers(engine);
  const { known, unknownUntil } = engine.recall(memory);
  const references = await Promise.all(
    listed.map(async ({ id }) => {
      const before = known.get(id);
      if (before !== undefined) return before;
      return performance.now() < (unknownUntil.get(id) ?? 0) ? null : await lookUp(engine, id);
    }),
  );
  const present = new Set(listed.map(({ id }) => id));
  const seen = [...known.keys(), ...unknownUntil.keys()];
  for (const id of seen) if (!present.has(id)) forgetContainer(engine, id);
  const containers = listed.map((container, index) => ({
    ...container,
    references: references[index] ?? none,
  }));
  return { containers, names: namesOf(containers) };
}

/**
 * The name that a reference to each container is to use, by id and by transient name: the service's. A
 * container that is kept for a rollback has a successor of that name.
 */
export function lastingNames({ names }: Survey): Map<string, string> {
  const taken = new Set(names.values());
  const lasting = new Map(names);
  for (const [id, name] of names) {
    const service = serviceName(name);
    if (service === name || !taken.has(service)) continue;
    lasting.set(id, service);
    lasting.set(name, service);
  }
  return lasting;
}

/** Null where the engine cannot tell now: that is nothing to remember. */
async function lookUp(engine: Engine, id: string): Promise<References | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // One that hangs in its start, say on a dead network share, is not described meanwhile.
      const container = await within(lookUpPatienceMs, inspectContainer(engine, id));
      if (container === "late") break;
      if (container !== null) {
        noteContainer(engine, container);
        return referencesOf(container);
      }
      // An engine lists a container a moment before it can describe it.
      if (attempt === lookUpAttempts) return null;
      await pause(lookUpPauseMs);
    } catch (error) {
      // One that the engine cannot describe, such as a dead one, must not stand in the way of others.
      if (!["engine", "silent"].includes(engineErrorKind(error))) throw error;
      break;
    }
  }
  noteUnknown(engine, id);
  return null;
}

export function referencesOf({
  HostConfig: host,
}: Pick<ContainerInspection, "HostConfig">): References {
  const namespaces = [host.NetworkMode, host.IpcMode, host.PidMode].flatMap((mode) => {
    const other = referencedContainer(mode ?? "");
    return other === null ? [] : [other];
  });
  const links = (host.Links ?? []).map((link) => (link.split(":")[0] ?? "").replace(/^\//, ""));
  const volumesFrom = (host.VolumesFrom ?? []).map((entry) => entry.split(":")[0] ?? "");
  return { namespaces, links, volumesFrom };
}

/**
 * Containers that have to be re-created when the container `id` is replaced, each after those that
 * it needs itself. `volumesChange`: also those that took over its volumes. What the agent keeps of
 * them for a rollback is left as it is: it goes back together with what it needed.
 */
export function dependentsOf(
  survey: Survey,
  id: string,
  volumesChange: boolean,
): SurveyedContainer[] {
  return inOrder(survey, id, ({ namespaces, links, volumesFrom }, provider) => {
    const bound = [...namespaces, ...links];
    return volumesChange && provider === id ? [...bound, ...volumesFrom] : bound;
  });
}

/** Containers that live in namespaces of the container `id`, each after those that it needs itself. */
export function namespaceDependentsOf(survey: Survey, id: string): SurveyedContainer[] {
  return inOrder(survey, id, ({ namespaces }) => namespaces);
}

function inOrder(
  survey: Survey,
  id: string,
  neededOf: (references: References, provider: string) => string[],
): SurveyedContainer[] {
  const affected = new Set<string>([id]);
  const needs = (container: SurveyedContainer, provider: string): boolean => {
    const name = survey.names.get(provider);
    return neededOf(container.references, provider).some(
      (other) => other === provider || other === name || isShortFor(other, provider),
    );
  };
  for (let size = 0; size !== affected.size; ) {
    size = affected.size;
    for (const container of survey.containers) {
      if (isTransientName(container.name)) continue;
      if ([...affected].some((provider) => needs(container, provider))) affected.add(container.id);
    }
  }
  affected.delete(id);
  const waiting = survey.containers.filter((container) => affected.has(container.id));
  const ordered: SurveyedContainer[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex(
      (container) => !waiting.some((other) => other !== container && needs(container, other.id)),
    );
    // The engine lets no containers need each other in a circle; if they did, any order is as good.
    ordered.push(...waiting.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}

function isShortFor(other: string, id: string): boolean {
  return /^[0-9a-f]{12,63}$/.test(other) && id.startsWith(other);
}
