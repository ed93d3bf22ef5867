import { pino } from "pino";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { secretsWith } from "../secrets.ts";
import { type Authority, openAuthority } from "../servers/certificate-authority.ts";
import { insertServer } from "../servers/servers.store.ts";
import { connectAgent, hello, type TestAgent } from "./agent.fixture.ts";
import { newAllowance, tokenBucket } from "./allowance.ts";
import { type Gateway, type GatewayDeps, startGateway } from "./gateway.ts";

/** For tests: a gateway, and agents that come by mutual TLS and may say whatever they like. */
export interface RogueRig extends TestDatabase {
  authority: Authority;
  gateway: Gateway;
  /** A server of an environment of its own. */
  newServer(name?: string): Promise<string>;
  /** Its agent, welcomed. */
  join(serverId: string, capabilities?: string[]): Promise<TestAgent>;
  /** Cuts every agent off. */
  leave(): void;
}

/** @param how what is not as usual of its gateway */
export async function openRogueRig(how: Partial<GatewayDeps> = {}): Promise<RogueRig> {
  const rig = await openTestDatabase();
  const { database } = rig;
  const authority = await openAuthority(database, secretsWith("11".repeat(32)));
  const gateway = await startGateway({
    database,
    log: pino({ level: "silent" }),
    authority,
    address: { host: "127.0.0.1", port: 0 },
    credentialsFor: async () => ({ ok: true, value: null }),
    // A tenth of what is usual, as this process has to write it as well as to read it.
    allowance: () => ({
      ...newAllowance(),
      messages: tokenBucket({ burst: 4000, perSecond: 50 }),
      bytes: tokenBucket({ burst: 8 * 1024 * 1024, perSecond: 128 * 1024 }),
      invented: tokenBucket({ burst: 500, perSecond: 1 }),
    }),
    ...how,
  });
  let agents: TestAgent[] = [];
  return {
    ...rig,
    authority,
    gateway,
    async newServer(name = "one") {
      const environmentId = await insertEnvironment(database, newId());
      return insertServer(database, { environmentId, name, hostname: null, tags: [] });
    },
    async join(serverId, capabilities = []) {
      const agent = await connectAgent(authority, gateway.address.port, serverId);
      agents.push(agent);
      agent.send({ ...hello, capabilities });
      await agent.next("welcome");
      return agent;
    },
    leave() {
      for (const agent of agents) agent.vanish();
      agents = [];
    },
    async close() {
      await gateway.stop();
      await rig.close();
    },
  };
}

/** An Inventory message of containers that say nothing: two bytes each. */
export function emptyContainers(count: number): Buffer {
  const containers = Buffer.alloc(2 * count, Buffer.from([0x22, 0x00]));
  const length: number[] = [];
  let rest = containers.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([0x12, ...length, rest]), containers]);
}
