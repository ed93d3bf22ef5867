import { registryTokenCapability } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";

/** What a server's agent can pull with. */
export interface AgentOfServer {
  server: string;
  /** the agent can pull with a registry's token */
  takesTokens: boolean;
  /** false: its engine leaves such tokens out; null: not known */
  engineTakesTokens: boolean | null;
}

/** As its agent last said; null: the server is gone. */
export async function agentOfServer(sql: Sql, serverId: string): Promise<AgentOfServer | null> {
  const [row] = await sql<AgentOfServer[]>`
    select name as server,
      ${registryTokenCapability} = any(agent_capabilities) as takes_tokens,
      (host -> 'takesRegistryTokens')::boolean as engine_takes_tokens
    from servers where id = ${serverId}`;
  return row ?? null;
}
