import type { ContainerInfo } from "dockerode";
import { type Engine, Memory } from "../client.ts";

/** A container as the engine lists it. */
export interface ListedContainer {
  id: string;
  name: string;
  running: boolean;
  imageId: string;
  ports: { ip: string; port: number; protocol: string }[];
}

/** What is known of an engine's containers by following its events. */
export interface Followed {
  containers: ListedContainer[];
  /** ids of those that may be different by now, and of those that are not known yet */
  uncertain: ReadonlySet<string>;
  /** id of the container that was created last; null: there is none */
  newestId: string | null;
}

const memory = new Memory(() => ({
  /** null: the events are not followed, now */
  follower: (): Followed | null => null,
}));

/** From now on {@link listContainers} asks the engine only for what this does not know. */
export function listByEvents(engine: Engine, follower: () => Followed | null): void {
  engine.recall(memory).follower = follower;
}

/**
 * What the events have told so far, which may be a moment late; null where they are not followed, or a
 * container that they told of is not known yet.
 */
export function listedByEvents(engine: Engine): ListedContainer[] | null {
  const followed = engine.recall(memory).follower();
  if (followed === null) return null;
  const { containers, uncertain } = followed;
  const known = new Set(containers.map(({ id }) => id));
  return [...uncertain].every((id) => known.has(id)) ? containers : null;
}

/**
 * All containers as they are now. An engine with the containerd store reads several files for each
 * container in a list, so that a list of forty takes as long as a stop or a start. Where the engine's
 * events are followed, only what they leave open is listed: the containers that they have just told of,
 * and those that were created since.
 */
export async function listContainers(engine: Engine): Promise<ListedContainer[]> {
  const followed = engine.recall(memory).follower();
  const rest = followed === null ? null : await listRest(engine, followed);
  return rest ?? (await list(engine));
}

/** So many ids fit into any proxy's request line. */
const listedAgainAtMost = 50;

/** Null where the engine cannot list a part, or all of them are as quick. */
async function listRest(engine: Engine, followed: Followed): Promise<ListedContainer[] | null> {
  const { containers, uncertain, newestId } = followed;
  const most = Math.min(listedAgainAtMost, containers.length / 2);
  if (newestId === null || uncertain.size > most) return null;
  try {
    const [again, since] = await Promise.all([
      uncertain.size === 0 ? [] : list(engine, { id: [...uncertain] }),
      list(engine, { since: [newestId] }),
    ]);
    const certain = containers.filter(({ id }) => !uncertain.has(id));
    const all = [...certain, ...again, ...since];
    return [...new Map(all.map((container) => [container.id, container])).values()];
  } catch {
    // The newest one may be gone by now.
    return null;
  }
}

async function list(
  engine: Engine,
  filters?: Record<string, string[]>,
): Promise<ListedContainer[]> {
  const listed = await engine.docker.listContainers({ all: true, ...(filters && { filters }) });
  return listed.map((container) => ({
    id: container.Id,
    name: listedName(container.Names),
    running: container.State === "running" || container.State === "paused",
    imageId: container.ImageID,
    ports: container.Ports.flatMap(({ IP: ip, PublicPort: port, Type: protocol }) =>
      port === undefined || port === 0 ? [] : [{ ip: ip ?? "", port, protocol }],
    ),
  }));
}

/** Its own name: a container also has one below each container that links to it, such as `/web/db`. */
export function listedName(names: ContainerInfo["Names"]): string {
  const own = (names ?? []).find((name) => !name.slice(1).includes("/")) ?? names?.[0] ?? "";
  return own.replace(/^\//, "");
}
