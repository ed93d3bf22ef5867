import { isComposeOneOff, labels, type RunCommand } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { ContainerInspection, ImageInspection, ProcessConfig } from "../inspection.ts";
import type { IsSelf } from "../self.ts";
import type { Dependent } from "./phases.ts";

/** Throws a failure where a container must not be replaced. */
export function refuseUnreplaceable(
  container: ContainerInspection,
  { containerName: name, allowAutoRemove }: Pick<RunCommand, "containerName" | "allowAutoRemove">,
  isSelf: IsSelf,
): void {
  const refuse = (why: string): never => {
    throw new CommandFailure("refused", why);
  };
  if (isSelf(container.Id)) {
    refuse(
      `${name} is the container that the agent itself runs in, which cannot replace itself: update the agent on its server.`,
    );
  }
  if (isComposeOneOff(container.Config.Labels ?? {})) {
    refuse(
      `${name} is a one-off container of docker compose run, which ends by itself: it is no service, and no deploy touches it.`,
    );
  }
  if (container.Config.Labels?.[labels.swarmTask] !== undefined) {
    refuse(`${name} is a task of a Docker Swarm service: update it with docker service update.`);
  }
  if (container.HostConfig.AutoRemove && !allowAutoRemove) {
    refuse(
      `${name} was created with --rm, so the engine deletes it when it stops and there would be nothing to roll back to. Allow it for this deploy (allowAutoRemove), or create the container without --rm.`,
    );
  }
  if (container.State.Status === "removing") {
    refuse(`${name} is being removed from the server at this moment.`);
  }
}

/** Throws a failure where a dependent must not be changed, as it would have to be re-created. */
export function refuseDependents(
  name: string,
  dependents: readonly Pick<Dependent, "id" | "name">[],
  { hostPolicy }: Pick<CommandContext, "hostPolicy">,
  isSelf: IsSelf,
): void {
  for (const dependent of dependents) {
    const needs = `depends on ${name} (by a namespace, a link or its volumes) and would have to be re-created after it`;
    if (isSelf(dependent.id)) {
      throw new CommandFailure(
        "refused",
        `${dependent.name} is the container that the agent itself runs in, and it ${needs}: give the agent's container a network of its own, or change ${name} on its server.`,
      );
    }
    if (hostPolicy.isProtected(dependent.name)) {
      throw new CommandFailure(
        "refused",
        `${dependent.name} ${needs}, but the policy of this server protects it: its owner can change denyContainers or denyLabels in ${hostPolicy.path}, or change both containers on the server.`,
      );
    }
  }
}

/** Throws a failure where the new container would be one that the policy protects from then on. */
export function refuseLabels(
  name: string,
  { Labels: own }: Pick<ProcessConfig, "Labels">,
  { Config: ofImage }: Pick<ImageInspection, "Config">,
  { hostPolicy }: Pick<CommandContext, "hostPolicy">,
): void {
  const refusal = hostPolicy.labelRefusal(name, { ...ofImage?.Labels, ...own });
  if (refusal !== null) throw new CommandFailure("refused", refusal);
}

export function nothingToReplace(name: string): CommandFailure {
  return new CommandFailure(
    "not_found",
    `There is no container named ${name} on this server, and the service has no specification to create it from: create it on its server, or remove the service.`,
  );
}

export function wrongImage(reference: string, image: { Id: string }): CommandFailure {
  return new CommandFailure(
    "image_mismatch",
    `The engine's image ${image.Id} is not the image of ${reference}. Pull the image again.`,
  );
}
