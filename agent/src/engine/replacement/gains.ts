import { posix } from "node:path";
import {
  gains,
  joinedNetworks,
  mountedVolumes,
  nowhere,
  type Power,
  powersOf,
  type Surroundings,
  usualPowers,
  type VolumeOptions,
} from "@bridgeport/proto/powers";
import type { HostPolicy } from "../../host-policy.ts";
import { type Engine, engineErrorKind } from "../client.ts";
import { type ApprovedBody, approve } from "../container/approval.ts";
import { type CreateBody, nameOf, referencedContainer } from "../container/config.ts";
import { lastingNames, type Survey } from "../container/survey.ts";
import { volumeNameOf } from "../container/volumes.ts";
import { type ContainerInspection, inspectContainer, inspectNamed } from "../inspection.ts";
import { ownContainer } from "../self.ts";
import { type ImageToRun, refuseUnsigned } from "./unsigned.ts";

/** A container that is about to be created, and what it is measured by. */
export interface Successor {
  containerName: string;
  body: CreateBody;
  /** the container that it replaces, as the engine describes it now; null: there is none */
  previous: ContainerInspection | null;
  /** where there is none: what the agent wrote down of a former one; null: nothing */
  known?: readonly Power[] | null;
  survey: Survey;
  image: ImageToRun;
}

/**
 * Asks the host's policy about the body that is about to be sent to the engine: its image is signed, where
 * the owner wants that; and whatever it is made of, the container gets no more than the one that it replaces has, or any container where it replaces none, unless
 * the owner allows it. Throws a `CommandFailure` that says what is too much. Changes nothing.
 */
export async function approveSuccessor(
  engine: Engine,
  { containerName, body, previous, known = null, survey, image }: Successor,
  policy: HostPolicy,
): Promise<ApprovedBody> {
  refuseUnsigned(body, image, policy);
  const names = lastingNames(survey);
  const around = { ...nowhere, nameOf: (other: string) => nameOf(other, names) };
  const [volumes, hostNetworked] = await Promise.all([
    volumeOptions(engine, body, previous),
    inHostNetwork(engine, body, previous, around),
  ]);
  const before =
    previous === null ? (known ?? usualPowers) : powersOfContainer(previous, survey, volumes);
  const gained = gains(powersOf(body, { ...around, volumes, hostNetworked }), before);
  const powers = await withoutDefaults(engine, gained);
  const ofAgent = await ownMounts(engine, powers, policy, survey);
  const isNew = previous === null && known === null;
  return approve(body, { containerName, isNew, powers, ofAgent }, policy);
}

/** What a container has that reaches beyond it, and what every container has. */
export function powersOfContainer(
  { Config: config, HostConfig }: ContainerInspection,
  survey: Survey,
  volumes: Surroundings["volumes"] = new Map(),
): Power[] {
  const names = lastingNames(survey);
  const around = { ...nowhere, volumes, nameOf: (other: string) => nameOf(other, names) };
  return powersOf({ ...config, HostConfig }, around);
}

/** The record of a container says where its cgroups are, also where the engine's own default put them. */
async function withoutDefaults(engine: Engine, gained: readonly Power[]): Promise<Power[]> {
  const isCgroups = ({ rule, value }: Power) => rule === "namespaces" && value === "cgroup=host";
  if (!gained.some(isCgroups)) return [...gained];
  const { CgroupVersion: version } = (await engine.docker.info()) as { CgroupVersion?: string };
  return version === "1" ? gained.filter((power) => !isCgroups(power)) : [...gained];
}

/** Of the named volumes that the previous container cannot write to, as any container could name them. */
async function volumeOptions(
  engine: Engine,
  body: CreateBody,
  previous: ContainerInspection | null,
): Promise<Map<string, VolumeOptions>> {
  const writable = (previous?.Mounts ?? []).filter(({ RW }) => RW !== false);
  const had = new Set(writable.map(volumeNameOf));
  const found = new Map<string, VolumeOptions>();
  await Promise.all(
    mountedVolumes(body).map(async (name) => {
      if (had.has(name)) return;
      try {
        const { Driver: driver, Options: options } = await engine.docker.getVolume(name).inspect();
        found.set(name, { driver, options: options ?? {} });
      } catch (error) {
        // One that is not there yet is made, and has no options.
        if (engineErrorKind(error) !== "not_found") throw error;
      }
    }),
  );
  return found;
}

/** The containers whose network the next one joins, as far as that is the host's in the end. */
async function inHostNetwork(
  engine: Engine,
  body: CreateBody,
  previous: ContainerInspection | null,
  { nameOf: lasting }: Pick<Surroundings, "nameOf">,
): Promise<Set<string>> {
  const had = providerOf(previous?.HostConfig.NetworkMode);
  const gained = joinedNetworks(body).filter(
    (container) => had === null || lasting(had) !== lasting(container),
  );
  const inHost = await Promise.all(
    gained.map(async (container) => ((await leadsToHost(engine, container)) ? [container] : [])),
  );
  return new Set(inHost.flat().map(lasting));
}

/** Whether a container's network is the host's, perhaps by further containers whose network it joins. */
async function leadsToHost(engine: Engine, first: string): Promise<boolean> {
  const seen = new Set<string>();
  for (let provider: string | null = first; provider !== null && !seen.has(provider); ) {
    seen.add(provider);
    const container: ContainerInspection | null = /^[0-9a-f]{12,64}$/.test(provider)
      ? await inspectContainer(engine, provider)
      : await inspectNamed(engine, provider);
    const joined: string = container?.HostConfig.NetworkMode ?? "";
    provider = providerOf(joined);
    if (provider === null && (joined === "host" || joined.includes(":"))) return true;
  }
  return false;
}

function providerOf(mode: unknown): string | null {
  return typeof mode === "string" ? referencedContainer(mode) : null;
}

/** Mounts of the agent's own files, or of what they are in, by their paths on the engine's machine. */
async function ownMounts(
  engine: Engine,
  gained: readonly Power[],
  { ownPaths }: HostPolicy,
  survey: Survey,
): Promise<Power[]> {
  const mounts = gained.filter(({ rule, value }) => rule === "mounts" && value.startsWith("/"));
  if (mounts.length === 0) return [];
  const isSelf = await ownContainer();
  const self = survey.containers.find(({ id }) => isSelf(id));
  const container = self === undefined ? null : await inspectContainer(engine, self.id);
  const own = ownPaths.flatMap((path) => [path, ...pathsOnHost(path, container)]);
  return mounts.filter(({ value }) => {
    const source = posix.normalize(value.split(":")[0] ?? "");
    return own.some((path) => isWithin(path, source) || isWithin(source, path));
  });
}

/** Where the files lie that the agent, which runs in a container, sees at this path. */
function pathsOnHost(path: string, self: ContainerInspection | null): string[] {
  return (self?.Mounts ?? []).flatMap(({ Destination: to, Source: from }) =>
    from && isWithin(path, to) ? [posix.join(from, path.slice(to.length))] : [],
  );
}

function isWithin(path: string, directory: string): boolean {
  const start = directory.endsWith("/") ? directory : `${directory}/`;
  return path === directory || path.startsWith(start);
}
