import { insertCommands, setDeadlines, withdraw } from "../commands/commands.store.ts";
import type { Sql } from "../database/connection.ts";
import { setDeployedDigest, takeBackDeployedDigest } from "../images/deployed-digest.store.ts";
import { quarantineDigest, stopAvoiding } from "../images/quarantine.store.ts";
import { lockImages, refreshUpdateAvailable } from "../images/updates.store.ts";
import { removeContainersNamed } from "../inventory/inventory.store.ts";
import { recordDeployed, recordRolledBack } from "../services/deployed.store.ts";
import type { Effect } from "./effects.ts";
import { insertHookCalls, tellHookCallers } from "./hook-calls.store.ts";
import type { PlanRow } from "./plans.store.ts";
import { insertQueries } from "./soak-queries.store.ts";

/**
 * Does what a plan changes outside of its own rows: what services and images are deployed at, which digests
 * are not to be tried again, and then the commands, each kind in one statement.
 */
export async function carryOutEffects(
  sql: Sql,
  plan: Pick<PlanRow, "id">,
  effects: readonly Effect[],
): Promise<void> {
  const images = effects.flatMap((effect) => ("imageId" in effect && effect.imageId) || []);
  // All of them before the first one changes: two plans never wait for each other.
  if (images.length > 0) await lockImages(sql, [...new Set(images)]);
  const of = <Kind extends Effect["kind"]>(kind: Kind) =>
    effects.filter((effect): effect is Extract<Effect, { kind: Kind }> => effect.kind === kind);
  // A service is deployed once in a plan, and goes back later if it does.
  await recordDeployed(sql, of("service_deployed"));
  for (const effect of effects) await carryOutEffect(sql, plan, effect);
  // Of several times for one command, the last one counts.
  const deadlines = new Map(of("set_deadline").map((effect) => [effect.commandId, effect]));
  await insertCommands(
    sql,
    of("order").map(({ command }) => command),
  );
  await setDeadlines(sql, [...deadlines.values()]);
  await insertHookCalls(sql, plan.id, of("call_hook"));
  await insertQueries(sql, plan.id, of("ask_prometheus"));
  if (of("call_off_hook").length > 0) await tellHookCallers(sql, plan.id);
  await withdraw(
    sql,
    of("withdraw").map(({ commandId }) => commandId),
  );
}

async function carryOutEffect(
  sql: Sql,
  plan: Pick<PlanRow, "id">,
  effect: Effect,
): Promise<unknown> {
  switch (effect.kind) {
    case "service_rolled_back": {
      const { removed, serviceId, digestId, imageTag, wasFirst } = effect;
      if (removed?.serverId) {
        await removeContainersNamed(sql, removed.serverId, removed.containerName);
      }
      const back = { digestId, imageTag, removed: removed !== null, wasFirst };
      return recordRolledBack(sql, serviceId, back);
    }
    case "image_deployed":
      await setDeployedDigest(sql, effect.imageId, effect.digestId);
      return stopAvoiding(sql, effect.imageId, effect.digestId);
    case "image_rolled_back":
      return takeBackDeployedDigest(sql, effect.imageId, effect.digestId, plan.id);
    case "quarantine":
      return quarantineDigest(sql, effect.imageId, effect.digestId, {
        ...{ planId: plan.id, reason: effect.reason },
      });
    case "refresh_updates":
      return refreshUpdateAvailable(sql, effect.imageId);
    default:
      // Services that are deployed, and commands, are written together.
      return undefined;
  }
}
