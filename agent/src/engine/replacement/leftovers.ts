import { isLeftoverOf } from "@bridgeport/proto";
import type { CommandContext } from "../../command.ts";
import type { Engine } from "../client.ts";
import { removeContainer, removeKept } from "../container/steps.ts";
import type { Survey } from "../container/survey.ts";
import { inspectContainer } from "../inspection.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Removes containers that earlier runs of this service left, such as their kept containers, now that a
 * newer one is kept. One that runs is in use and is never removed.
 */
export async function removeLeftovers(
  engine: Engine,
  context: CommandContext,
  survey: Survey,
  { name, next, previousName }: Exchange,
): Promise<void> {
  const left = survey.containers.filter(
    (container) =>
      isLeftoverOf(name, container.name) &&
      !container.running &&
      container.name !== previousName &&
      container.name !== next.name,
  );
  await Promise.all(
    left.map(async (container) => {
      try {
        // It may be the service's own by now: the survey can be older than the change before this one.
        const now = await inspectContainer(engine, container.id);
        if (now === null || now.State.Running || now.Name !== `/${container.name}`) return;
        if (container.name.startsWith(`${name}-bp-new-`))
          await removeContainer(engine, container.id);
        else await removeKept(engine, container.id);
      } catch {
        context.progress(`${container.name}, left by an earlier deploy, could not be removed.`);
      }
    }),
  );
}
