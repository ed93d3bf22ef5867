import { setTimeout as pause } from "node:timers/promises";
import { isTransientName, serviceName } from "@bridgeport/proto";
import type { ContainerInfo } from "dockerode";
import { within } from "../../within.ts";
import { type Engine, engineErrorKind, Memory } from "../client.ts";
import { type ContainerInspection, inspectContainer } from "../inspection.ts";
import { sharedLook } from "../shared-look.ts";
import { referencedContainer } from "./config.ts";

/** All containers of an engine at one moment, with what each of them needs of others. */
export interface Survey {
  containers: SurveyedContainer[];
  /** by full id, without the slash */
  names: Map<string, string>;
}

export interface SurveyedContainer {
  id: string;
  name: string;
  running: boolean;
  imageId: string;
  ports: { ip: string; port: number; protocol: string }[];
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

/** A container without what it needs of others. */
export type KnownContainer = Omit<SurveyedContainer, "references">;

const memory = new Memory(() => ({
  /** what follows the engine's events knows all containers; null: it does not, now */
  follower: (): KnownContainer[] | null => null,
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

/** From now on {@link knownContainers} asks this first: it knows all containers, or null. */
export function surveyByEvents(engine: Engine, known: () => KnownContainer[] | null): void {
  engine.recall(memory).follower = known;
}

/**
 * All containers as the engine's events have told of them so far, which may be a moment late, or else as
 * the engine lists them: for many containers it needs as long for that as for a stop or a start.
 */
export async function knownContainers(engine: Engine): Promise<Survey> {
  const { known, follower } = engine.recall(memory);
  const followed = follower();
  const containers = (followed ?? []).flatMap((container) => {
    const references = known.get(container.id);
    return references === undefined ? [] : [{ ...container, references }];
  });
  if (containers.length !== followed?.length) return await surveyContainers(engine);
  return { containers, names: namesOf(containers) };
}

const namesOf = (containers: readonly SurveyedContainer[]): Map<string, string> =>
  new Map(containers.map(({ id, name }) => [id, name]));

/** The engine does not describe this container now: a survey does not wait for it. */
export function noteUnknown(engine: Engine, id: string): void {
  engine.recall(memory).unknownUntil.set(id, performance.now() + unknownForMs);
}

/**
 * One request for all that ask at the same time, and one more for each container that was never seen
 * before.
 */
export function surveyContainers(engine: Engine): Promise<Survey> {
  return sharedLook(engine, "containers", () => survey(engine));
}

async function survey(engine: Engine): Promise<Survey> {
  const listed = await engine.docker.listContainers({ all: true });
  const { known, unknownUntil } = engine.recall(memory);
  const references = await Promise.all(
    listed.map(async ({ Id: id }) => {
      const before = known.get(id);
      if (before !== undefined) return before;
      return performance.now() < (unknownUntil.get(id) ?? 0) ? null : await lookUp(engine, id);
    }),
  );
  const present = new Set(listed.map(({ Id: id }) => id));
  for (const id of known.keys()) if (!present.has(id)) known.delete(id);
  for (const id of unknownUntil.keys()) if (!present.has(id)) unknownUntil.delete(id);
  const containers = listed.map((container, index) => ({
    id: container.Id,
    name: listedName(container.Names),
    running: container.State === "running" || container.State === "paused",
    imageId: container.ImageID,
    ports: container.Ports.flatMap(({ IP: ip, PublicPort: port, Type: protocol }) =>
      port === undefined || port === 0 ? [] : [{ ip: ip ?? "", port, protocol }],
    ),
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

/** Its own name: a container also has one below each container that links to it, such as `/web/db`. */
export function listedName(names: ContainerInfo["Names"]): string {
  const own = (names ?? []).find((name) => !name.slice(1).includes("/")) ?? names?.[0] ?? "";
  return own.replace(/^\//, "");
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
