import type { Command, CommandResult } from "@bridgeport/proto";
import type { z } from "@hono/zod-openapi";
import type { Database } from "../database/connection.ts";
import { notFound, Problem } from "../problem.ts";
import { changeJson, type changeSchema } from "./plan-json.ts";
import { loadPlan } from "./plans.store.ts";

export interface DryContainer {
  service: { id: string | null; name: string; serverName: string };
  containerName: string;
  changes: z.infer<typeof changeSchema>[];
  /** why it would not work */
  error: string | null;
}

export type DryRun = (planId: string) => Promise<DryContainer[]>;

/** Sends a command to a server's agent and waits for what becomes of it. */
export type Ask = (
  serverId: string,
  body: Command["body"],
  timeoutMs: number,
) => Promise<CommandResult["outcome"]>;

const patienceMs = 20_000;

/** What each container of a plan would keep and take, as its own agent says, touching nothing. */
export function dryRunWith({ database, ask }: { database: Database; ask: Ask }): DryRun {
  return async (planId) => {
    const whole = await loadPlan(database, planId);
    if (!whole) throw notFound("deployment plan");
    return Promise.all(
      whole.services.map(async (service): Promise<DryContainer> => {
        const about = {
          service: {
            id: service.serviceId,
            name: service.serviceName,
            serverName: service.serverName,
          },
          containerName: service.containerName,
        };
        const step = whole.steps.find(
          ({ action, servicePosition }) =>
            action === "deploy" && servicePosition === service.position,
        );
        if (step?.body.kind !== "run" || service.serverId === null) {
          return { ...about, changes: [], error: "The service or its server was removed" };
        }
        try {
          const outcome = await ask(service.serverId, { ...step.body, dryRun: true }, patienceMs);
          if (!outcome.ok) return { ...about, changes: [], error: outcome.failure.message };
          const changes = outcome.body.kind === "run" ? outcome.body.changes : [];
          return { ...about, changes: changes.map(changeJson), error: null };
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          return { ...about, changes: [], error: error.message };
        }
      }),
    );
  };
}
