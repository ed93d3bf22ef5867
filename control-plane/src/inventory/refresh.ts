import { type CommandedServer, requireOnline } from "../commands/await-command.ts";
import type { Database } from "../database/connection.ts";
import { listen } from "../database/listen.ts";
import { Problem } from "../problem.ts";
import { askForInventory } from "./inventory.store.ts";

/**
 * Has a server's agent send its complete container list, and waits until it is in the database.
 * The replica that holds the agent's stream does the asking.
 * @throws {Problem} 503 when the agent is not connected or does not answer in time
 */
export async function refreshInventory(
  database: Database,
  server: CommandedServer,
  timeoutMs: number,
): Promise<void> {
  requireOnline(server);
  let arrived = () => {};
  const arrival = new Promise<boolean>((resolve) => {
    arrived = () => resolve(true);
  });
  const stop = await listen(database, "inventory_complete", {
    notified(payload) {
      if (payload === server.id) arrived();
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    await askForInventory(database, server.id);
    if (await Promise.race([arrival, late])) return;
  } finally {
    clearTimeout(timer);
    await stop();
  }
  throw new Problem(
    "agent_unavailable",
    "agent_timeout",
    `The agent of ${server.name} did not send its containers within ${timeoutMs / 1000} s: see that it runs, then try again.`,
  );
}
