import { type CommandBody, demandsSignaturesCapability as demands } from "@bridgeport/proto";
import { bundleOf, newSigner } from "@bridgeport/proto/signing-fixture";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { insertCommand } from "../commands/commands.store.ts";
import { openRogueRig, type RogueRig } from "../gateway/rogue.fixture.ts";
import { type ImageWorld, newImageWorld } from "../images/image-world.fixture.ts";
import { pushBundle, pushSimple } from "./pushing.fixture.ts";
import { type SignaturesForHosts, signaturesForHosts } from "./signatures-for-hosts.ts";

/** What a host whose policy demands signatures is sent with its commands. */

let rig: RogueRig;
let world: ImageWorld;
let signaturesFor: SignaturesForHosts;
let serverId: string;
let reference: string;
let digest: string;
const signer = newSigner();

beforeAll(async () => {
  rig = await openRogueRig({ signaturesFor: (request) => signaturesFor(request) });
});
afterAll(() => rig.close());
beforeEach(async () => {
  world = await newImageWorld(rig.database);
  signaturesFor = signaturesForHosts({
    ...{ database: rig.database, connections: world.sources.registries },
  });
  digest = world.double.push("app", "v1");
  reference = `${world.double.domain}/app:v1@${digest}`;
  serverId = await rig.newServer();
});
afterEach(async () => {
  rig.leave();
  await world.close();
});

function bodyOf(kind: "pull" | "run" | "rollback", of = reference): CommandBody {
  const gate = { waitMs: null, retries: 0, intervalMs: 0, url: null, probe: "eager" as const };
  const service = { serviceId: "x", containerName: "web", gate };
  const made = { ...service, order: "stop-first" as const, spec: null, reference: of };
  if (kind === "pull") {
    return {
      ...{ kind, reference: of, platform: null, credentials: null, sizeBytes: null },
      ...{ platforms: [], containers: [] },
    };
  }
  return kind === "run"
    ? {
        ...{ kind, ...made, allowAutoRemove: false, dryRun: false, imageConfig: null },
        expectedImageIds: [],
      }
    : { kind, ...made, runCommandId: "x", credentials: null };
}

async function delivered(
  body: CommandBody,
  { capabilities = [demands], registryId = world.registryId as string | null } = {},
): Promise<CommandBody> {
  const agent = await rig.join(serverId, capabilities);
  const id = await insertCommand(rig.database, { serverId, body, registryId });
  const { command } = await agent.next("command");
  expect(command.id).toBe(id);
  return command.body;
}

describe("a host that demands signatures", () => {
  test.each(["pull", "run", "rollback"] as const)(
    "gets those of the digest with a %s",
    async (kind) => {
      pushSimple(world.double, "app", signer, digest);
      const text = bundleOf(signer, digest);
      pushBundle(world.double, "app", digest, text);
      const simple = { kind: "simple", payload: expect.any(String), signature: expect.any(String) };
      expect(await delivered(bodyOf(kind))).toMatchObject({
        signatures: {
          found: [simple, { kind: "bundle", text: text.toString("utf8") }],
          error: null,
        },
      });
    },
  );

  test("is told that there are none", async () => {
    expect(await delivered(bodyOf("pull"))).toMatchObject({
      signatures: { found: [], error: null },
    });
  });

  test("is told why they cannot be found", async () => {
    world.double.faults.push((_, response) => {
      response.writeHead(503).end();
      return true;
    });
    const error = expect.stringMatching(/503/);
    expect(await delivered(bodyOf("run"))).toMatchObject({ signatures: { found: [], error } });
  });

  test("is told that the image has no registry", async () => {
    const error = expect.stringMatching(/connected to no registry/);
    expect(await delivered(bodyOf("run"), { registryId: null })).toMatchObject({
      signatures: { found: [], error },
    });
  });

  test("gets no more than its agent takes, and short ones all the same", async () => {
    const long = bundleOf(signer, digest, "x".repeat(100_000));
    pushBundle(world.double, "app", digest, long);
    pushSimple(world.double, "app", signer, digest);
    const body = await delivered(bodyOf("pull"));
    expect(body).toMatchObject({ signatures: { found: [{ kind: "simple" }] } });
  });

  test("gets them with nothing else", async () => {
    const body: CommandBody = { kind: "lifecycle", containerName: "web", action: "restart" };
    expect(await delivered(body)).toEqual(body);
  });
});

test("no other host gets any, and no registry is asked", async () => {
  pushSimple(world.double, "app", signer, digest);
  expect(await delivered(bodyOf("run"), { capabilities: [] })).toEqual(bodyOf("run"));
  expect(world.double.requests).toEqual([]);
});

test("the services of a plan are asked for once, and the next plan again", async () => {
  const request = { registryId: world.registryId, reference, fresh: false };
  pushSimple(world.double, "app", signer, digest);
  await signaturesFor({ ...request, fresh: true });
  const before = world.double.requests.length;
  expect((await signaturesFor(request)).found).toHaveLength(1);
  expect(world.double.requests).toHaveLength(before);
  pushBundle(world.double, "app", digest, bundleOf(newSigner(), digest));
  expect((await signaturesFor({ ...request, fresh: true })).found).toHaveLength(2);
});
