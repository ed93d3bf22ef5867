import type { ContainerReport } from "@bridgeport/proto";
import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { insertServer } from "../servers/servers.store.ts";
import { upsertContainers } from "./inventory.store.ts";
import { type Applied, type InventoryChange, inventoryOf } from "./inventory.ts";

/** For tests: a server that is online, and the session that speaks for it. */
export async function newServer(
  database: Database,
  environmentId: string,
  name: string,
): Promise<{ serverId: string; sessionId: string }> {
  const serverId = await insertServer(database, {
    environmentId,
    name,
    hostname: null,
    tags: [],
  });
  const sessionId = newId();
  await database`
    update servers set status = 'online', session_id = ${sessionId}, last_seen_at = now() + interval '1 day'
    where id = ${serverId}`;
  return { serverId, sessionId };
}

/** For tests: a container as its engine describes it; its id follows from its name. */
export function reportOf(name: string, more: Partial<ContainerReport> = {}): ContainerReport {
  return {
    id: Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64),
    name,
    imageName: "nginx:1.27",
    imageId: `sha256:${"1".repeat(64)}`,
    repoDigests: [`nginx@sha256:${"2".repeat(64)}`],
    state: "running",
    health: "none",
    exitCode: 0,
    restartCount: 0,
    createdAt: Date.now() - 60_000,
    startedAt: Date.now() - 60_000,
    finishedAt: null,
    labels: {},
    ports: [],
    self: false,
    autoRemove: false,
    imagePlatform: "linux/amd64",
    stopLimitMs: 10_000,
    checkLimitMs: 0,
    needs: [],
    ...more,
  };
}

/** For tests: a container that the server has, before discovery has looked at it. */
export async function storeContainer(
  database: Database,
  serverId: string,
  report: ContainerReport,
): Promise<void> {
  await upsertContainers(database, [{ serverId, report }]);
}

/** For tests: what the server's current session reports, one container or any change. */
export async function reportTo(
  database: Database,
  serverId: string,
  what: ContainerReport | InventoryChange,
): Promise<Applied | undefined> {
  const [server] = await database<{ sessionId: string }[]>`
    select session_id from servers where id = ${serverId}`;
  const sessionId = server?.sessionId ?? "";
  const changes: InventoryChange[] = ["kind" in what ? what : { kind: "upsert", container: what }];
  const applied = await inventoryOf(database).apply([{ serverId, sessionId, changes }]);
  return applied.get(sessionId);
}
