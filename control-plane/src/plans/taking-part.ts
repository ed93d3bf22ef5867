import type { ContainerReport, ContainerSpec } from "@bridgeport/proto";
import { isOfLine, linesToldApart, type UpdateLine } from "../images/tag-line.ts";
import { noServiceSentences, whyNoService } from "../inventory/discovery.ts";
import { Problem } from "../problem.ts";

/*
 * Which services a plan deploys to. A plan for a whole image takes those that are there; what it
 * leaves out it names, with the reason. A plan that names its services takes all of them or is
 * refused. Rules: domain.md, "Discovery" and "Auto-update".
 */

/** How the services of a plan were chosen. */
export type Choice =
  /** by a person who named them; `create`: those whose container is gone may be created again */
  | { kind: "named"; create: boolean }
  /** all services of the image, by a person or a webhook */
  | { kind: "image" }
  /** all services of the image, because a newer digest has appeared */
  | { kind: "automatic" };

/** What has to be known of a service to say whether a plan can deploy to it. */
export interface Candidate {
  id: string;
  name: string;
  containerName: string;
  serverName: string;
  imageTag: string | null;
  /** the container that exists now */
  container: ContainerReport | null;
  /** a container of its name has been seen */
  everFound: boolean;
  /** what a person described, and what the last deploy recorded */
  spec: ContainerSpec | null;
  recordedSpec: ContainerSpec | null;
}

/** A service of the image that a plan does not touch, named so that it stays true later. */
export interface LeftOut {
  serviceId: string;
  name: string;
  serverName: string;
  /** a sentence for people: why, and what to do */
  reason: string;
}

/**
 * Sorts services into those that a plan deploys to and those that it leaves out.
 * Pure: the plan and the status of auto-update ask the same question.
 * @param services all of the image, or all that were named
 * @param line of what is to be deployed
 */
export function takingPart<S extends Candidate>(
  services: readonly S[],
  choice: Choice,
  line: UpdateLine,
): { taking: S[]; leftOut: LeftOut[] } {
  // A person who deploys to a whole image may move all of its services to another line.
  const otherLines =
    choice.kind === "automatic" ||
    (choice.kind === "image" &&
      linesToldApart(
        line,
        services.flatMap(({ imageTag }) => imageTag ?? []),
      ));
  const taking: S[] = [];
  const leftOut: LeftOut[] = [];
  for (const service of services) {
    const reason = whyNot(service, choice) ?? (otherLines ? whyOtherLine(service, line) : null);
    if (reason === null) taking.push(service);
    else {
      const { id: serviceId, name, serverName } = service;
      leftOut.push({ serviceId, name, serverName, reason });
    }
  }
  return { taking, leftOut };
}

/**
 * The same, for a plan that is to be made.
 * @throws {Problem} 400 where a service that was named cannot be deployed to, or none can
 */
export function requireTakingPart<S extends Candidate>(
  services: readonly S[],
  choice: Choice,
  line: UpdateLine,
): { taking: S[]; leftOut: LeftOut[] } {
  const parts = takingPart(services, choice, line);
  const { taking, leftOut } = parts;
  if (leftOut.length === 0 || (choice.kind !== "named" && taking.length > 0)) return parts;
  throw choice.kind === "named"
    ? new Problem("invalid", "container_missing", sentences(leftOut))
    : new Problem("invalid", "nothing_to_deploy", nothingToDeploy(leftOut));
}

/** Why a plan for an image cannot be made, where it would leave every service out. */
export function nothingToDeploy(leftOut: readonly LeftOut[]): string {
  return `There is nothing to deploy to. ${sentences(leftOut)}`;
}

function sentences(leftOut: readonly LeftOut[]): string {
  return leftOut
    .map(({ name, serverName, reason }) => `${name} on ${serverName}: ${reason}`)
    .join(" ");
}

/** Whether its container exists, so that a deploy replaces it rather than creating it. */
export function isThere<S extends Pick<Candidate, "container">>(
  service: S,
): service is S & { container: ContainerReport } {
  return service.container !== null && whyNoService(service.container) === null;
}

/** null: a plan that was asked for like this deploys to it */
function whyNot(service: Candidate, choice: Choice): string | null {
  if (isThere(service)) return null;
  const { container, containerName, serverName, everFound } = service;
  const hasSpec = (service.recordedSpec ?? service.spec) !== null;
  const why = container === null ? null : whyNoService(container);
  // Something else has the name, so nothing can be created under it.
  if (why !== null && why !== "ending")
    return `The container ${containerName} ${noServiceSentences[why]}.`;
  if (!everFound) {
    if (!hasSpec) {
      return `There is no container ${containerName} on ${serverName} yet: start it there, or give the service a specification to create it from.`;
    }
    return choice.kind === "automatic"
      ? `Its container ${containerName} has not been created yet: deploy the service once.`
      : null;
  }
  const gone = `Its container ${containerName} is gone from ${serverName}:`;
  if (!hasSpec) {
    return `${gone} start it there again, or give the service a specification and deploy it by name with \`create: true\`.`;
  }
  if (choice.kind === "named" && choice.create) return null;
  return `${gone} start it there again, or deploy the service by name with \`create: true\` to have it created from its specification.`;
}

/** null: it is of the line of the update */
function whyOtherLine({ imageTag }: Candidate, line: UpdateLine): string | null {
  if (isOfLine(line, imageTag)) return null;
  return `It follows the tag ${imageTag}, which is another line than ${line.tags.join(", ")}: deploy it by name if it is to change to that.`;
}
