import { type CommitCommand, type CommitResult, keepTagPrefix, keptName } from "@bridgeport/proto";
import type { CommandContext } from "../../command.ts";
import { type Engine, engineErrorKind } from "../client.ts";
import { removeKept } from "../container/steps.ts";
import { surveyContainers } from "../container/survey.ts";
import { failureOf } from "../failure.ts";
import { readProgress } from "./phases.ts";

const keepRepository = `${keepTagPrefix}keep`;

/**
 * Ends a plan's work on one service: the containers that its runs kept are removed, and the service's
 * current and previous image get tags of the product's own, so that a prune of untagged images does not
 * remove the target of a rollback. May be repeated.
 */
export async function commitRuns(
  engine: Engine,
  command: CommitCommand,
  context: CommandContext,
): Promise<CommitResult> {
  const { containerName: name } = command;
  try {
    const [kept] = await Promise.all([
      keptBy(engine, command, context),
      keep(engine, context, command.serviceId, "current", command.currentImageId),
      keep(engine, context, command.serviceId, "previous", command.previousImageId),
    ]);
    // Not earlier: the kept container protects the previous image from a prune.
    await Promise.all(kept.map((id) => removeKept(engine, id)));
    return { kind: "commit", removed: kept.length };
  } catch (error) {
    const sentence = `The previous container of ${name} could not be removed`;
    throw failureOf(engine, error, "engine_error", sentence);
  }
}

async function keep(
  engine: Engine,
  context: CommandContext,
  serviceId: string,
  tag: "current" | "previous",
  imageId: string | null,
): Promise<void> {
  if (imageId === null) return;
  try {
    await engine.docker.getImage(imageId).tag({ repo: `${keepRepository}/${serviceId}`, tag });
  } catch (error) {
    if (engineErrorKind(error) !== "not_found") throw error;
    context.progress(`The ${tag} image ${imageId} is not on this server, so it is not kept.`);
  }
}

/** Ids of the containers that the runs have kept. */
async function keptBy(
  engine: Engine,
  { containerName: name, runCommandIds }: CommitCommand,
  context: CommandContext,
): Promise<string[]> {
  const { names: listed } = await surveyContainers(engine);
  const kept = new Set(runCommandIds.map((id) => keptName(name, id)));
  const previous = new Set<string>();
  for (const id of runCommandIds) {
    const entry = await context.journalOf(id);
    const run = entry === null ? null : readProgress(entry.phases);
    // If a run was undone, its previous container is the service's container again.
    if (run?.prepared.exchange.previous && run.undone === null) {
      previous.add(run.prepared.exchange.previous.id);
    }
  }
  return [...listed]
    .filter(([id, own]) => kept.has(own) || (previous.has(id) && own !== name))
    .map(([id]) => id);
}
