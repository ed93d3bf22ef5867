import type { CommandKind } from "@bridgeport/proto";
import { CommandFailure, type CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { failureOf } from "../engine/failure.ts";
import { containerNames, labelRefusal, type Policy } from "../policy/policy.ts";

/**
 * The same handler, which neither changes nor reads containers with a label that the host's policy
 * protects. Labels never change in the life of a container, so it asks the engine once. A half-done
 * command is finished or undone all the same.
 */
export function withProtectedLabels<K extends CommandKind>(
  engine: Engine,
  policy: Policy,
  handler: CommandHandler<K>,
): CommandHandler<K> {
  if (policy.denyLabels.length === 0) return handler;
  return {
    ...handler,
    async execute(body, context) {
      const names = containerNames(body);
      if (names.length === 0) return await handler.execute(body, context);
      const refusals = await refusalsByName(engine, policy);
      for (const name of names) {
        const forbidden = refusals.get(name);
        if (forbidden !== undefined) throw new CommandFailure("refused", forbidden);
      }
      const { hostPolicy } = context;
      return await handler.execute(body, {
        ...context,
        hostPolicy: {
          ...hostPolicy,
          isProtected: (name) => hostPolicy.isProtected(name) || refusals.has(name),
        },
      });
    },
  };
}

async function refusalsByName(engine: Engine, policy: Policy): Promise<Map<string, string>> {
  const refusals = new Map<string, string>();
  for (const { Names: names, Labels: labels } of await listed(engine)) {
    for (const path of names ?? []) {
      const name = path.slice(1);
      const forbidden = labelRefusal(policy, name, labels ?? {});
      if (forbidden !== null) refusals.set(name, forbidden);
    }
  }
  return refusals;
}

async function listed(engine: Engine) {
  try {
    return await engine.docker.listContainers({ all: true });
  } catch (error) {
    throw failureOf(engine, error, "engine_error", "The labels of containers could not be read");
  }
}
