import type { JobCommand } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { filesToCarry } from "../container/carried-files.ts";
import type { NextContainer } from "../container/steps.ts";
import { lastingNames, referencesOf, surveyContainers } from "../container/survey.ts";
import { engineVersion } from "../host.ts";
import { imageOf, isImageOf, parseDigestReference, recentImage } from "../images/images.ts";
import { inspectNamed, platformOf } from "../inspection.ts";
import { configuredAs } from "../podman.ts";
import { approveSuccessor } from "../replacement/gains.ts";
import { configOfSpec, configOfSuccessor } from "../replacement/plan.ts";
import { refuseMissingProviders } from "../replacement/providers.ts";
import { refuseLabels, wrongImage } from "../replacement/refusals.ts";
import { hasRun } from "../replacement/unsigned.ts";
import type { IsSelf } from "../self.ts";
import { jobConfig } from "./config.ts";

/**
 * What a job's container is made from: decided as that of a deploy is, and measured by the service's
 * container, so that the job has nothing that this one does not have. Changes nothing; throws a
 * `CommandFailure` for what is not possible or not allowed.
 */
export async function planJob(
  engine: Engine,
  command: JobCommand,
  { commandId, hostPolicy }: Pick<CommandContext, "commandId" | "hostPolicy">,
  isSelf: IsSelf,
): Promise<{ next: NextContainer; stopSignal: string }> {
  const { containerName: name, reference } = command;
  const [service, image, survey, version] = await Promise.all([
    inspectNamed(engine, name),
    imageOf(engine, reference),
    surveyContainers(engine),
    engineVersion(engine),
  ]);
  const { digest } = parseDigestReference(reference);
  if (!isImageOf(image, digest, command.expectedImageIds)) throw wrongImage(reference, image);
  if (service !== null && isSelf(service.Id)) {
    throw new CommandFailure(
      "refused",
      `${name} is the container that the agent itself runs in: no job gets its settings. Choose another service for this job.`,
    );
  }
  const apiVersion = configuredAs(version);
  const serviceImage = service && (await recentImage(engine, service.Image));
  const whole =
    service === null
      ? await configOfSpec(engine, { ...command, ...unusedRequest }, image)
      : await configOfSuccessor(engine, service, serviceImage, image, {
          reference,
          apiVersion,
          names: lastingNames(survey),
        });
  if (whole === null) throw nothingToRunLike(name);
  const { body, networks, stopSignal } = jobConfig(whole, image, command.command, commandId);
  const references = referencesOf(body);
  const check = { name: `The job of ${name}`, references, exists: false, starts: true };
  refuseMissingProviders(check, survey, "run it");
  refuseLabels(name, body, image, { hostPolicy });
  const ran = service !== null && hasRun(service.State.StartedAt) ? service.Image : undefined;
  const approved = await approveSuccessor(
    engine,
    {
      ...{ containerName: name, body, previous: service, survey },
      image: { imageId: image.Id, ranBefore: [ran], signatures: command.signatures ?? null },
    },
    hostPolicy,
  );
  const files = service === null ? null : (await filesToCarry(engine, service)).files;
  const platform = serviceImage?.Architecture ? platformOf(serviceImage) : null;
  const isNative = platform === null || platform.startsWith(`${version.Os}/${version.Arch}`);
  const made = { body: approved, networks, apiVersion, files };
  return { next: { ...made, platform: isNative ? null : platform }, stopSignal };
}

/** Of a replacement, which a job is none. */
const unusedRequest = {
  order: "stop-first",
  allowAutoRemove: false,
  gate: { waitMs: null, retries: 0, intervalMs: 0, url: null, probe: "eager" },
} as const;

function nothingToRunLike(name: string): CommandFailure {
  return new CommandFailure(
    "not_found",
    `There is no container named ${name} on this server whose settings the job could have, and the service has no specification: create it on its server, or choose another service for this job.`,
  );
}
