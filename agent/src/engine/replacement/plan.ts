import {
  type DeployOrder,
  keptName,
  nextName,
  type Observation,
  type RunCommand,
} from "@bridgeport/proto";
import type { Power } from "@bridgeport/proto/powers";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { type Engine, engineErrorKind } from "../client.ts";
import type { ApprovedBody } from "../container/approval.ts";
import type { CarriedFiles } from "../container/archive.ts";
import { type FilesOfLayer, filesToCarry } from "../container/carried-files.ts";
import { configFromSpec, type NewConfig, nameOf, newContainerConfig } from "../container/config.ts";
import { macAddressesOf } from "../container/mac-addresses.ts";
import {
  specForPodman,
  withAddressChanges,
  withHealthcheck,
  withoutPodmansOwn,
  withWholeCheck,
} from "../container/podman-config.ts";
import {
  dependentsOf,
  knownContainers,
  lastingNames,
  referencesOf,
  type Survey,
  type SurveyedContainer,
  surveyContainers,
} from "../container/survey.ts";
import { volumeNameOf } from "../container/volumes.ts";
import { engineVersion } from "../host.ts";
import {
  findImage,
  imageMissing,
  isImageOf,
  parseDigestReference,
  recentImage,
  tagOf,
} from "../images/images.ts";
import {
  type ContainerInspection,
  crashed,
  type HostConfig,
  type ImageInspection,
  inspectContainer,
  inspectImage,
  inspectNamed,
  platformOf,
  stopLimitMs,
} from "../inspection.ts";
import { configuredAs, isPodman, isPodmans } from "../podman.ts";
import type { IsSelf } from "../self.ts";
import type { Exchange, PreviousContainer } from "./exchange.ts";
import { approveSuccessor, powersOfContainer } from "./gains.ts";
import { observationOf } from "./observation.ts";
import type { Dependent } from "./phases.ts";
import { refuseMissingProviders } from "./providers.ts";
import {
  nothingToReplace,
  refuseDependents,
  refuseLabels,
  refuseUnreplaceable,
  wrongImage,
} from "./refusals.ts";
import { mayStartDuringCleanup, sideBySideObstacle } from "./side-by-side.ts";
import type { ImageToRun } from "./unsigned.ts";
import { hasRun } from "./unsigned.ts";

/** Everything that a replacement will do, decided before the first change. */
export interface ReplacementPlan {
  exchange: Exchange;
  config: NewConfig;
  /** its body, once the host's policy has been asked; null: nothing is created from this plan */
  approved: ApprovedBody | null;
  /** files that were copied into the previous container, by an operator or by Compose */
  files: CarriedFiles | null;
  newImage: ImageInspection;
  apiVersion: string;
  platform: string | null;
  order: DeployOrder;
  /** the new container is to run; not where the previous one was stopped on purpose, but where it crashed */
  starts: boolean;
  /** the new container may start while the engine still cleans up after the previous one */
  startsDuringCleanup: boolean;
  /** containers to be re-created after this one, in this order */
  dependents: Dependent[];
  survey: Survey;
  /** the container that is replaced, as it was before; null: there is none */
  before: Observation | null;
}

/** What a replacement has to do: from a run's command, or made by a rollback from its own. */
export type ReplacementRequest = Pick<
  RunCommand,
  | "containerName"
  | "reference"
  | "order"
  | "spec"
  | "gate"
  | "allowAutoRemove"
  | "expectedImageIds"
  | "signatures"
> & {
  /** for a dry run: the configuration of an image that is not on the server yet */
  imageConfig?: RunCommand["imageConfig"];
  /**
   * for a rollback: the specification is used even if there is a container, and start-first falls back to
   * stop-first
   */
  isRollback?: boolean;
  /** for a rollback: the container ran before the run that is undone */
  ranBefore?: boolean;
  /** for a rollback: what the container that it puts back had, by the agent's own journal */
  knownPowers?: readonly Power[] | null;
  /** for a rollback: the image of that container, by the agent's own journal */
  knownImageId?: string | undefined;
};

/**
 * The image on the engine; for a dry run also one of which only the configuration is known. Null where
 * neither is there.
 */
async function imageToRun(
  engine: Engine,
  { reference, imageConfig: config = null }: ReplacementRequest,
): Promise<ImageInspection | null> {
  const { name, digest } = parseDigestReference(reference);
  if (config === null) return await recentImage(engine, `${name}@${digest}`);
  const found = await findImage(engine, reference);
  return found ?? { Id: digest, RepoDigests: [`${name}@${digest}`], Config: config };
}

/** Inspects everything and decides; throws a `CommandFailure` for what is not allowed or not possible. */
export async function planReplacement(
  engine: Engine,
  command: ReplacementRequest,
  context: Pick<CommandContext, "commandId" | "hostPolicy" | "permission">,
  isSelf: IsSelf,
): Promise<ReplacementPlan> {
  const { containerName: name, reference } = command;
  const isAhead = context.permission?.given === false;
  const { digest } = parseDigestReference(reference);
  const [previous, newImage, survey, version] = await Promise.all([
    inspectNamed(engine, name),
    imageToRun(engine, command),
    // Ahead of its permission it runs beside the stop and start of another container.
    isAhead ? knownContainers(engine) : surveyContainers(engine),
    engineVersion(engine),
  ]);
  // What no image would change is said before that the image is missing.
  if (previous !== null) refuseUnreplaceable(previous, command, isSelf);
  else if (command.spec === null) throw nothingToReplace(name);
  if (newImage === null) throw imageMissing(reference);
  if (!isImageOf(newImage, digest, command.expectedImageIds)) throw wrongImage(reference, newImage);
  const apiVersion = configuredAs(version);
  const enginePlatform = `${version.Os}/${version.Arch}`;
  const exchange: Exchange = {
    name,
    next: { from: "created", name: nextName(name, context.commandId) },
    previousName: keptName(name, context.commandId),
    previous: null,
  };

  if (previous === null) {
    const config = await configOfSpec(engine, command, newImage);
    if (config === null) throw nothingToReplace(name);
    const check = { name, references: referencesOf(config.body), exists: false, starts: true };
    refuseMissingProviders(check, survey, "deploy it");
    refuseLabels(name, config.body, newImage, context);
    const known = command.knownPowers ?? null;
    const image = imageOfSuccessor(command, newImage, null);
    const successor = { containerName: name, body: config.body, previous, known, survey, image };
    const approved = await approveSuccessor(engine, successor, context.hostPolicy);
    const order = { order: "stop-first" as const, starts: true, startsDuringCleanup: false };
    const noPrevious = { files: null, dependents: [], platform: null, before: null };
    return { exchange, config, approved, newImage, apiVersion, survey, ...order, ...noPrevious };
  }

  // The engine may compare the whole file system for it, so it is asked beside everything else.
  const carrying = filesFor(engine, previous, command);
  carrying.catch(() => undefined);
  const surveyed = dependentsOf(survey, previous.Id, hasMoreVolumes(newImage, previous));
  const dependents = surveyed.map(({ id, name: dependent, running }) => ({
    id,
    name: dependent,
    running,
  }));
  refuseDependents(name, dependents, context, isSelf);
  const oldImage = await recentImage(engine, previous.Image);
  const carried = await configOfSuccessor(engine, previous, oldImage, newImage, {
    reference,
    apiVersion,
    names: lastingNames(survey),
  });
  const own =
    (command.isRollback ? await configOfSpec(engine, command, newImage) : null) ?? carried;
  refuseLabels(name, own.body, newImage, context);
  const image = imageOfSuccessor(command, newImage, previous);
  const successor = { containerName: name, body: own.body, previous, survey, image };
  const approved = await approveSuccessor(engine, successor, context.hostPolicy);
  exchange.previous = {
    ...(await previousContainer(engine, previous, oldImage, apiVersion, survey)),
    powers: powersOfContainer(previous, survey),
  };
  const starts = previous.State.Running || crashed(previous) || command.ranBefore === true;
  const references = referencesOf(own.body);
  refuseMissingProviders({ name, references, exists: true, starts }, survey, "deploy it");
  await checkDependents(engine, { name, id: previous.Id, starts }, surveyed, survey);
  const { files, changes } = await carrying;
  const oldPlatform = oldImage?.Architecture ? platformOf(oldImage) : null;
  const config = { ...own, changes: [...own.changes, ...changes] };
  return {
    exchange,
    config,
    approved,
    files,
    newImage,
    apiVersion,
    order: orderOf(command, config, previous),
    starts,
    platform: oldPlatform === null || oldPlatform.startsWith(enginePlatform) ? null : oldPlatform,
    startsDuringCleanup: mayStartDuringCleanup(config, previous),
    dependents,
    survey,
    before: observationOf(previous),
  };
}

function imageOfSuccessor(
  { signatures, knownImageId }: ReplacementRequest,
  { Id: imageId }: ImageInspection,
  previous: ContainerInspection | null,
): ImageToRun {
  // What was only created has not run.
  const ran = previous !== null && hasRun(previous.State.StartedAt) ? previous.Image : undefined;
  return { imageId, ranBefore: [ran, knownImageId], signatures: signatures ?? null };
}

/** The files that go with the container. Having too many of them does not keep a rollback from being done. */
async function filesFor(
  engine: Engine,
  previous: ContainerInspection,
  { isRollback = false }: ReplacementRequest,
): Promise<FilesOfLayer> {
  try {
    return await filesToCarry(engine, previous);
  } catch (error) {
    const isRefusal = error instanceof CommandFailure && error.code === "refused";
    if (isRollback && isRefusal) return { files: null, changes: [] };
    throw error;
  }
}

/** Throws where a dependent could not be re-created after its provider. */
async function checkDependents(
  engine: Engine,
  provider: { name: string; id: string; starts: boolean },
  dependents: readonly SurveyedContainer[],
  survey: Survey,
): Promise<void> {
  const running = dependents.filter((dependent) => dependent.running).map(({ id }) => id);
  const willRun = new Set(provider.starts ? [provider.id, ...running] : running);
  for (const { id, name, references, running: starts } of dependents) {
    const check = { name, references, exists: true, starts, willRun };
    refuseMissingProviders(check, survey, `deploy ${provider.name}`);
    const container = await inspectContainer(engine, id);
    if (container !== null) await filesToCarry(engine, container);
  }
}

/** The order that is possible. A container that does not run is always replaced stop-first. */
function orderOf(
  { containerName: name, order, isRollback = false }: ReplacementRequest,
  config: NewConfig,
  previous: ContainerInspection,
): DeployOrder {
  if (order === "stop-first" || !previous.State.Running) return "stop-first";
  const obstacle = sideBySideObstacle(config);
  if (obstacle === null) return "start-first";
  if (isRollback) return "stop-first";
  throw new CommandFailure(
    "refused",
    `${name} cannot be deployed start-first, because ${obstacle}. Use the order stop-first for this service.`,
  );
}

/** The configuration of the service's specification; null where there is none. */
export async function configOfSpec(
  engine: Engine,
  { spec, reference }: ReplacementRequest,
  newImage: ImageInspection,
): Promise<NewConfig | null> {
  if (spec === null) return null;
  const own = isPodman(await engineVersion(engine)) ? specForPodman(spec) : spec;
  const { NetworkMode: mode = "" } = (own.HostConfig ?? {}) as HostConfig;
  const networkOfMode = await networkNamed(engine, mode);
  return configFromSpec(own, newImage, { reference, networkOfMode });
}

/** The name of the network with this id; null where it is not an id, or there is no such network. */
async function networkNamed(engine: Engine, mode: string): Promise<string | null> {
  if (!/^[0-9a-f]{12,64}$/.test(mode)) return null;
  try {
    return (await engine.docker.getNetwork(mode).inspect()).Name;
  } catch (error) {
    if (engineErrorKind(error) === "not_found") return null;
    throw error;
  }
}

/** The record of a container that is about to be replaced. */
export async function previousContainer(
  engine: Engine,
  container: ContainerInspection,
  image: ImageInspection | null,
  apiVersion: string,
  survey: Survey,
): Promise<PreviousContainer> {
  const { State: state, HostConfig: hostConfig } = container;
  let autoRemove = null;
  if (hostConfig.AutoRemove) {
    const same = image ?? { Id: container.Image };
    const { body, networks } = await configOfSuccessor(engine, container, image, same, {
      reference: await sameImageReference(engine, container),
      apiVersion,
      names: lastingNames(survey),
    });
    autoRemove = { body, networks };
  }
  return {
    id: container.Id,
    imageId: container.Image,
    running: state.Running,
    paused: state.Paused,
    restarting: state.Restarting,
    stopLimitMs: stopLimitMs(container.Config),
    restartPolicy: hostConfig.RestartPolicy ?? { Name: "no" },
    startedAt: state.StartedAt,
    autoRemove,
  };
}

/**
 * The reference that a container was created from, if that still refers to the image that it runs. If
 * its tag was moved since: the reference with the image's digest, or the image's id if the image has no
 * digest of that name.
 */
export async function sameImageReference(
  engine: Engine,
  { Config: config, Image: id }: ContainerInspection,
): Promise<string> {
  if (!config.Image || config.Image === id) return id;
  const image = await inspectImage(engine, config.Image);
  if (image?.Id === id) return config.Image;
  const tagged = tagOf(config.Image);
  const { RepoDigests: known } = (await inspectImage(engine, id)) ?? {};
  const digest = known?.find((one) => one.startsWith(`${tagged?.name}@`))?.split("@")[1];
  return tagged === null || digest === undefined ? id : `${tagged.name}:${tagged.tag}@${digest}`;
}

/** Whether the new image declares volumes that the container does not have. */
function hasMoreVolumes(image: ImageInspection, container: ContainerInspection): boolean {
  const mounted = new Set((container.Mounts ?? []).map(({ Destination: path }) => path));
  return Object.keys(image.Config?.Volumes ?? {}).some((path) => !mounted.has(path));
}

/** The new container's configuration, with everything that has to be looked up at the engine for it. */
export async function configOfSuccessor(
  engine: Engine,
  inspected: ContainerInspection,
  oldInspected: ImageInspection | null,
  newInspected: ImageInspection,
  {
    reference,
    apiVersion,
    names,
  }: { reference: string; apiVersion: string; names: ReadonlyMap<string, string> },
): Promise<NewConfig> {
  const [oldImage, newImage] = await Promise.all([
    withHealthcheck(engine, oldInspected, inspected),
    withHealthcheck(engine, newInspected, inspected),
  ]);
  const container = withoutPodmansOwn(inspected, oldImage);
  const { NetworkMode: network, VolumesFrom: volumesFrom } = container.HostConfig;
  const [macAddresses, engineHostname, volumesFromOthers] = await Promise.all([
    macAddressesOf(engine, container, apiVersion),
    network === "host" ? engine.docker.info().then(({ Name: name }) => String(name)) : null,
    volumeNames(engine, volumesFrom ?? [], names),
  ]);
  const config = newContainerConfig(container, oldImage, newImage, {
    reference,
    apiVersion,
    containerNames: names,
    volumesFromOthers,
    macAddresses,
    engineHostname,
  });
  if (!isPodmans(inspected)) return config;
  return withWholeCheck(withAddressChanges(config, inspected), newImage);
}

async function volumeNames(
  engine: Engine,
  volumesFrom: readonly string[],
  names: ReadonlyMap<string, string>,
): Promise<Set<string>> {
  const providers = await Promise.all(
    volumesFrom.map((entry) => inspectNamed(engine, nameOf(entry.split(":")[0] ?? "", names))),
  );
  return new Set(
    providers.flatMap((provider) =>
      (provider?.Mounts ?? []).flatMap((mount) => volumeNameOf(mount) ?? []),
    ),
  );
}
