/*
 * What of one environment can be deployed in another: exactly the digests that run there. Pure, so that the
 * preview and the plan come to the same.
 */

/** An image of the environment that is promoted from, and what of it runs there. */
export interface SourceImage {
  id: string;
  name: string;
  imageName: string;
  /** registry and repository, as they are compared */
  normalizedName: string;
  services: SourceService[];
}

export interface SourceService {
  name: string;
  serverName: string;
  /** whether its agent is connected, so that what is known of it holds now */
  serverOnline: boolean;
  /** what it was deployed as */
  imageTag: string | null;
  running: boolean;
  health: "none" | "starting" | "healthy" | "unhealthy" | "unknown";
  /** for how long its container's report has been the same: its start, its state and its health */
  unchangedMs: number;
  /** the recorded digest that it runs; null: it is not known as one of the image */
  digest: { id: string; manifestDigest: string } | null;
}

/** An image of the environment that is promoted to. */
export interface TargetImage {
  id: string;
  name: string;
  normalizedName: string;
  /** what each service runs whose container is there; null: not known */
  running: (string | null)[];
}

export interface Promoted {
  /** of the environment that is promoted to */
  imageId: string;
  /** of the environment that is promoted from; its row is there */
  digestId: string;
  manifestDigest: string;
  /** the tag that all of its services run it as there; null: several, or none */
  tag: string | null;
}

export interface NotPromoted {
  image: { id: string; name: string; imageName: string };
  /** a sentence: why, and what to do */
  reason: string;
}

/** @param healthyForMs for how long each service there has to have been healthy; null: it is not asked */
export function decidePromotion(
  sources: readonly SourceImage[],
  targets: readonly TargetImage[],
  healthyForMs: number | null,
): { promoted: Promoted[]; leftOut: NotPromoted[] } {
  const byName = new Map(targets.map((target) => [target.normalizedName, target]));
  const promoted: Promoted[] = [];
  const leftOut: NotPromoted[] = [];
  for (const source of sources) {
    const decided = decideOne(source, byName.get(source.normalizedName) ?? null, healthyForMs);
    if (typeof decided !== "string") promoted.push(decided);
    else {
      const { id, name, imageName } = source;
      leftOut.push({ image: { id, name, imageName }, reason: decided });
    }
  }
  return { promoted, leftOut };
}

/** @returns a sentence where it is left out */
function decideOne(
  { services }: SourceImage,
  target: TargetImage | null,
  healthyForMs: number | null,
): Promoted | string {
  if (target === null) return "There is no image of this name here: create it first.";
  if (target.running.length === 0) return "No service of it has a container here.";
  const running = services.filter((service) => service.running);
  const [first] = running;
  if (first === undefined) return "Nothing of it runs there.";
  const unknown = running.find(({ digest }) => digest === null);
  if (unknown) return `${placed(unknown)} runs something that is not known as a digest of it.`;
  const digest = first.digest;
  if (digest === null) return "Nothing of it runs there.";
  const other = running.find((service) => service.digest?.manifestDigest !== digest.manifestDigest);
  if (other) {
    return `Its services do not run the same digest there: ${placed(first)} and ${placed(other)} differ.`;
  }
  if (healthyForMs !== null) {
    for (const service of running) {
      const doubt = whyNotProven(service, healthyForMs);
      if (doubt !== null) return `${placed(service)} ${doubt}`;
    }
  }
  if (target.running.every((runs) => runs === digest.manifestDigest)) {
    return "It runs here already.";
  }
  const tags = new Set(running.map(({ imageTag }) => imageTag));
  const tag = tags.size === 1 ? first.imageTag : null;
  return {
    ...{ imageId: target.id, digestId: digest.id, manifestDigest: digest.manifestDigest },
    tag,
  };
}

/** Of what is not proven nothing is assumed. */
function whyNotProven(service: SourceService, healthyForMs: number): string | null {
  const { serverOnline, health, unchangedMs } = service;
  if (!serverOnline) return "is on a server that is offline: it is not known how it is.";
  if (health !== "healthy" && health !== "none") return `is not healthy there, but ${health}.`;
  if (unchangedMs >= healthyForMs) return null;
  return `has been as it is for ${seconds(unchangedMs)} there, and ${seconds(healthyForMs)} are asked for.`;
}

const seconds = (ms: number) => `${Math.floor(ms / 1000)} s`;

function placed({ name, serverName }: SourceService): string {
  return `${name} on ${serverName}`;
}
