import { createHash, createPublicKey, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentLinkService, type DownloadRequest, upgradeCapability } from "@bridgeport/proto";
import { ChannelCredentials, Client, status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import type { PackageState } from "../installation/read-package.ts";
import { secretsWith } from "../secrets.ts";
import { type Authority, openAuthority } from "../servers/certificate-authority.ts";
import { newCertificateRequest } from "../servers/certificate-request.fixture.ts";
import { findServer, insertServer } from "../servers/servers.store.ts";
import { upgradeAgent } from "../servers/upgrade-agents.ts";
import { connectAgent, hello, type TestAgent } from "./agent.fixture.ts";
import { type Gateway, startGateway } from "./gateway.ts";

const content = Buffer.alloc(1_000_000, "program");
let rig: TestDatabase;
let authority: Authority;
let gateway: Gateway;
let folder: string;
let serverId: string;
let agents: TestAgent[] = [];

function agentPackage(): PackageState {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const file = { path: join(folder, "agent.gz"), fileSha256: sha256, fileSize: 1, sha256, size: 1 };
  return {
    state: "ready",
    program: { version: "1.1.0", platforms: { "linux-x64": file }, images: {} },
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "upgrades-"));
  writeFileSync(join(folder, "agent.gz"), content);
  rig = await openTestDatabase();
  authority = await openAuthority(rig.database, secretsWith("11".repeat(32)));
  gateway = await startGateway({
    database: rig.database,
    log: pino({ level: "silent" }),
    authority,
    address: { host: "127.0.0.1", port: 0 },
    credentialsFor: async () => ({ ok: true, value: null }),
    agentPackage,
  });
});
afterAll(async () => {
  await gateway.stop();
  await rig.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  const environmentId = await insertEnvironment(rig.database, newId());
  const server = { environmentId, name: "one", hostname: null, tags: [] };
  serverId = await insertServer(rig.database, server);
});
afterEach(() => {
  for (const agent of agents) agent.vanish();
  agents = [];
});

async function arrive(capabilities = [upgradeCapability], agentVersion = "1.0.0") {
  const agent = await connectAgent(authority, gateway.address.port, serverId);
  agents.push(agent);
  agent.send({ ...hello, agentVersion, capabilities });
  await agent.next("welcome");
  return agent;
}

const order = () =>
  upgradeAgent({ database: rig.database, version: "1.1.0", agentPackage }, system, serverId);
const upgrade = async () => (await findServer(rig.database, serverId))?.agentUpgrade;

/** What the agent of a server gets; the status where it is refused. */
async function download(platform: string, of = serverId): Promise<Buffer | grpcStatus> {
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  const identity = { serverId: of, generation: 0 };
  const certificate = (await authority.issueForServer(identity, csrPem)) ?? "";
  const secure = ChannelCredentials.createSsl(
    Buffer.from(authority.certificatePem),
    Buffer.from(privateKeyPem),
    Buffer.from(certificate),
  );
  const client = new Client(`127.0.0.1:${gateway.address.port}`, secure, {
    "grpc.ssl_target_name_override": "bridgeport-control-plane",
    "grpc.use_local_subchannel_pool": 1,
  });
  const { path, requestSerialize, responseDeserialize } = agentLinkService.Download;
  const asked: DownloadRequest = { platform };
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, asked);
  const parts: Buffer[] = [];
  try {
    for await (const part of call) parts.push((part as { content: Buffer }).content);
    return Buffer.concat(parts);
  } catch (error) {
    return (error as ServiceError).code;
  } finally {
    client.close();
  }
}

test("an order reaches the agent, signed, and again on each stream until it has told", async () => {
  const agent = await arrive();
  await order();
  const first = await agent.next("upgrade");
  expect(first.version).toBe("1.1.0");
  const signed = verify(
    "sha256",
    Buffer.from(first.checksums),
    { key: createPublicKey(authority.certificatePem), dsaEncoding: "ieee-p1363" },
    Buffer.from(first.signature, "base64"),
  );
  expect(signed).toBe(true);
  const again = await arrive();
  expect(await again.next("upgrade")).toMatchObject({ attempt: first.attempt });
  again.send({ kind: "upgradeStatus", attempt: newId(), error: null });
  again.send({ kind: "upgradeStatus", attempt: first.attempt, error: "It did not connect." });
  await expect.poll(upgrade).toMatchObject({ status: "failed", error: "It did not connect." });
  again.send({ kind: "upgradeStatus", attempt: first.attempt, error: null });
  await expect.poll(upgrade).toMatchObject({ status: "succeeded", error: null });
});

test("an agent that cannot replace itself any more ends the order", async () => {
  await arrive();
  await order();
  await arrive([]);
  await expect.poll(upgrade).toMatchObject({
    status: "failed",
    error: expect.stringContaining("cannot replace itself"),
  });
});

test("the program is given to the agent that is to upgrade, and to no other", async () => {
  await arrive();
  expect(await download("linux-x64")).toBe(grpcStatus.FAILED_PRECONDITION);
  await order();
  expect(await download("linux-x64")).toEqual(content);
  expect(await download("linux-mips")).toBe(grpcStatus.NOT_FOUND);
  expect(await download("constructor")).toBe(grpcStatus.NOT_FOUND);
  expect(await download("linux-x64", newId())).toBe(grpcStatus.PERMISSION_DENIED);
});

test("that an agent is older is told once for each version", async () => {
  await arrive([], "0.0.1");
  await arrive([], "0.0.1");
  const events = () => rig.database`
    select data from domain_events where subject_id = ${serverId} and name = 'agent.outdated'`;
  expect(await events()).toMatchObject([{ data: { agentVersion: "0.0.1" } }]);
});
