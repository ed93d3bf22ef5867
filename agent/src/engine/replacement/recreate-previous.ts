import type { RollbackCommand, RollbackResult } from "@bridgeport/proto";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { type Engine, engineErrorKind } from "../client.ts";
import { removeContainer, removeKept } from "../container/steps.ts";
import { findImage, isImageOf, parseDigestReference } from "../images/images.ts";
import { pullImage } from "../images/pull.ts";
import { type ContainerInspection, inspectImage, inspectNamed } from "../inspection.ts";
import type { IsSelf } from "../self.ts";
import { observationOf } from "./observation.ts";
import { readProgress } from "./phases.ts";
import type { ReplacementRequest } from "./plan.ts";
import { recoverReplacement, replaceContainer } from "./replace.ts";
import { hasRun, refuseUnsignedPull } from "./unsigned.ts";

/**
 * Rolls back to a container that is no longer kept: one of the recorded specification and the previous
 * digest is created and replaces the current one.
 */
export async function recreatePrevious(
  engine: Engine,
  command: RollbackCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RollbackResult> {
  const { containerName: name, reference } = command;
  if (reference === null) {
    throw new CommandFailure(
      "not_found",
      `The previous container of ${name} is no longer kept, and its image is not known: deploy the image that you want instead.`,
    );
  }
  const request = await recreationRequest({ ...command, reference }, context);
  const image = await presentImage(engine, command, request, context);
  const current = await inspectNamed(engine, name);
  const { digest } = parseDigestReference(reference);
  if (current !== null) {
    const running = await inspectImage(engine, current.Image);
    const isIt = isImageOf(running ?? { Id: current.Image }, digest, [image.Id]);
    if (isIt && (current.State.Running || !request.ranBefore)) return unchanged(current);
  }
  const result = await replaceContainer(engine, request, context, isSelf);
  return await finishRecreation(engine, context, result);
}

/** The replacement that re-creates the previous container. */
async function recreationRequest(
  command: RollbackCommand & { reference: string },
  context: CommandContext,
): Promise<ReplacementRequest> {
  const entry = await context.journalOf(command.runCommandId);
  const run = entry === null ? null : readProgress(entry.phases);
  const { previous = null } = run?.prepared.exchange ?? {};
  return {
    containerName: command.containerName,
    reference: command.reference,
    order: command.order,
    spec: command.spec,
    isRollback: true,
    knownPowers: previous?.powers ?? null,
    knownImageId: hasRun(previous?.startedAt) ? previous?.imageId : undefined,
    ranBefore: previous?.running === true,
    gate: command.gate,
    allowAutoRemove: true,
    expectedImageIds: [],
    ...(command.signatures === undefined ? {} : { signatures: command.signatures }),
  };
}

/** A rollback cannot be rolled back, so the container that it replaced is removed. */
async function finishRecreation(
  engine: Engine,
  context: CommandContext,
  result: Awaited<ReturnType<typeof replaceContainer>>,
): Promise<RollbackResult> {
  if (result.previousContainerId !== null) {
    await removeUndone(engine, context, { id: result.previousContainerId, createdByRun: false });
  }
  return {
    kind: "rollback",
    containerId: result.containerId,
    imageId: result.imageId,
    outcome: "recreated",
    downtimeMs: result.downtimeMs,
    before: result.before ?? null,
    after: result.after ?? null,
  };
}

async function presentImage(
  engine: Engine,
  { credentials }: RollbackCommand,
  { reference, signatures }: ReplacementRequest,
  context: CommandContext,
): Promise<{ Id: string }> {
  const image = await findImage(engine, reference);
  if (image !== null) return image;
  // Whether it would be the one that ran before is not known until it is there, and then it is there.
  refuseUnsignedPull({ reference, signatures: signatures ?? null }, context.hostPolicy);
  return await pullImage(engine, { reference, platform: null, credentials }, context);
}

/** Finishes or undoes a re-creation that was interrupted. */
export async function recoverRecreation(
  engine: Engine,
  command: RollbackCommand & { reference: string },
  context: CommandContext,
  isSelf: IsSelf,
): Promise<RollbackResult> {
  const request = await recreationRequest(command, context);
  return await finishRecreation(
    engine,
    context,
    await recoverReplacement(engine, request, context, isSelf),
  );
}

/**
 * Removes the container that was rolled back. If that fails the rollback has succeeded all the same, and
 * the next deploy removes it.
 */
export async function removeUndone(
  engine: Engine,
  context: CommandContext,
  { id, createdByRun }: { id: string; createdByRun: boolean },
): Promise<void> {
  try {
    // A container that the run did not create may have anonymous volumes with data: those are kept.
    if (createdByRun) await removeContainer(engine, id);
    else await removeKept(engine, id);
  } catch (error) {
    if (engineErrorKind(error) === "unavailable") throw error;
    context.progress(
      "The container that was rolled back could not be removed; the next deploy removes it.",
    );
  }
}

/** The result where there was nothing to undo. */
export function unchanged(current: ContainerInspection | null): RollbackResult {
  return {
    kind: "rollback",
    containerId: current?.Id ?? null,
    imageId: current?.Image ?? null,
    outcome: "unchanged",
    downtimeMs: null,
    before: current && observationOf(current),
    after: current && observationOf(current),
  };
}
