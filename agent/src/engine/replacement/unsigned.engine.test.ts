import { randomUUID } from "node:crypto";
import type { BroughtSignatures, ContainerSpec, PullCommand, RunCommand } from "@bridgeport/proto";
import { newSigner, payloadOf } from "@bridgeport/proto/signing-fixture";
import { describe, expect, it } from "vitest";
import { TestJournal } from "../../../test/journal.ts";
import { rollbackCommand, runCommand, type TestImage } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed, usualImages } from "../../../test/replacement-bed.ts";
import { pullHandler } from "../../commands/pull.ts";
import { parsePolicy } from "../../policy/parse-policy.ts";
import { hostPolicyOf, openPolicy, type PolicyRules } from "../../policy/policy.ts";
import { inspectImage } from "../inspection.ts";
import { commitRuns } from "./commit.ts";
import { replaceContainer } from "./replace.ts";
import { rollBack } from "./rollback.ts";

/** A host whose owner wants images signed, and a control plane that may be in wrong hands. */

const { v1, v2, evil, bed, newName } = await openReplacementBed({
  v1: usualImages.v1,
  v2: usualImages.v2,
  evil: ["ENV VERSION=evil"],
});
const signer = newSigner();
const rules = { signatures: [{ images: ["*"], keys: [signer.publicKey] }] };
const parsed = (await parsePolicy(JSON.stringify(rules))) as PolicyRules;
const { signatureRefusal } = hostPolicyOf({ ...openPolicy, ...parsed });

function signatureOf({ digest }: TestImage): BroughtSignatures {
  const payload = payloadOf(digest);
  const signature = signer.sign(payload);
  return {
    found: [{ kind: "simple", payload: payload.toString("base64"), signature }],
    error: null,
  };
}

interface Asked extends Partial<RunCommand> {
  journal?: TestJournal;
}

async function deploy(name: string, image: TestImage, { journal, ...more }: Asked = {}) {
  const command = runCommand(name, image, more);
  const policy = { signatureRefusal, allows: () => true };
  const context = (journal ?? new TestJournal()).begin(command, policy);
  const options = { dryRun: command.dryRun };
  const result = await replaceContainer(bed.engine, command, context, notSelf, options);
  return { runId: context.commandId, result };
}

async function rollBackTo(
  image: TestImage,
  {
    name,
    runId,
    journal,
    ...more
  }: { name: string; runId: string; journal: TestJournal } & {
    spec?: ContainerSpec | null;
    signatures?: BroughtSignatures;
  },
) {
  const command = rollbackCommand(name, runId, image, more);
  const context = journal.begin(command, { signatureRefusal });
  return await rollBack(bed.engine, command, context, notSelf);
}

function pull(image: TestImage, more: Partial<PullCommand> = {}) {
  const command: PullCommand = {
    kind: "pull",
    ...{ reference: image.reference, platform: null, credentials: null },
    ...{ sizeBytes: null, platforms: [], containers: [], ...more },
  };
  const context = new TestJournal().begin(command, { signatureRefusal });
  return pullHandler(bed.engine).execute(command, context);
}

async function commit(name: string, runId: string, journal: TestJournal): Promise<void> {
  const command = {
    ...{ kind: "commit" as const, serviceId: "x", containerName: name, runCommandIds: [runId] },
    ...{ currentImageId: null, previousImageId: null },
  };
  await commitRuns(bed.engine, command, journal.begin(command));
}

async function running(image = v1): Promise<string> {
  const name = newName();
  await bed.docker("run", "-d", "--name", name, image.reference);
  return name;
}

const unsigned = (why: RegExp) =>
  expect.objectContaining({
    code: "refused",
    message: expect.stringMatching(
      new RegExp(`^The policy of this server runs .* only if it is signed by .*${why.source}`),
    ),
  });

async function expectUntouched(name: string, run: () => Promise<unknown>, why: RegExp) {
  const before = await bed.inspect(name);
  await expect(run()).rejects.toThrow(unsigned(why));
  const after = await bed.inspect(name);
  expect(after).toMatchObject({
    Id: before.Id,
    State: { Running: true, StartedAt: before.State.StartedAt },
  });
  expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
}

describe("an image that is not signed", () => {
  it.each([
    ["without any signature", { found: [], error: null }, /has no signature/],
    ["with another image's", signatureOf(v2), /has only a signature of another image/],
    ["of a control plane that knows of none", undefined, /of an earlier version/],
  ])("replaces no container: %s", async (_, signatures, why) => {
    const name = await running();
    const brought = signatures === undefined ? {} : { signatures };
    await expectUntouched(name, () => deploy(name, evil, brought), why);
    // Nor is it said that it would.
    await expectUntouched(name, () => deploy(name, evil, { ...brought, dryRun: true }), why);
  });

  it("is created nowhere, however its specification names it", async () => {
    const name = newName();
    const run = (spec: ContainerSpec) => deploy(name, evil, { spec });
    await expect(run({ Image: v2.reference })).rejects.toThrow(unsigned(/earlier version/));
    expect(await bed.find(name)).toBeNull();
    // An engine takes the last of two names that differ in their letters.
    const both = deploy(name, v2, { spec: { image: evil.id }, signatures: signatureOf(v2) });
    await expect(both).rejects.toMatchObject({ code: "refused" });
    await expect(both).rejects.toThrow(/names an image as "image" beside the one/);
    expect(await bed.find(name)).toBeNull();
  });

  it("does not run under the name and tag of one that is", async () => {
    const name = await running();
    await bed.docker("tag", evil.id, v2.tag);
    try {
      await deploy(name, v2, { signatures: signatureOf(v2) });
      expect((await bed.inspect(name)).Image).toBe(v2.id);
    } finally {
      await bed.docker("tag", v2.id, v2.tag);
    }
  });

  it("is told by the pull that a plan begins with, also where it is there already", async () => {
    const name = await running();
    const planned = { containerName: name, ports: [], allowAutoRemove: false };
    const containers = [{ ...planned, order: "stop-first" as const }];
    const asked = { containers, signatures: signatureOf(v2) };
    await expectUntouched(name, () => pull(evil, asked), /another image/);
    const created = [
      { ...planned, order: "stop-first" as const, containerName: newName(), spec: {} },
    ];
    await expect(pull(evil, { ...asked, containers: created })).rejects.toThrow(
      unsigned(/another/),
    );
    expect(await pull(v2, { ...asked, containers })).toMatchObject({ imageId: v2.id });
  });

  it("is not even pulled", async () => {
    const image = await bed.image("unpulled", "ENV VERSION=unpulled");
    await bed.docker("rmi", "--force", image.id);
    await expect(pull(image)).rejects.toThrow(unsigned(/earlier version/));
    expect(await inspectImage(bed.engine, image.id)).toBeNull();
    expect(await pull(image, { signatures: signatureOf(image) })).toMatchObject({
      ...{ alreadyPresent: false, imageId: image.id },
    });
  });
});

describe("what is signed, or ran before", () => {
  it("is deployed, and containers that depend on it are re-created as they were", async () => {
    const name = await running();
    const sidecar = newName();
    await bed.docker(
      ...["run", "-d", "--name", sidecar, "--network", `container:${name}`, evil.reference],
    );
    const { result } = await deploy(name, v2, { signatures: signatureOf(v2) });
    expect(result).toMatchObject({ imageId: v2.id, recreatedDependents: [sidecar] });
    expect((await bed.inspect(sidecar)).Image).toBe(evil.id);
  });

  it("is deployed again without a signature", async () => {
    const name = await running(evil);
    expect((await deploy(name, evil)).result).toMatchObject({ imageId: evil.id, running: true });
  });

  it("is gone back to while it is kept, and created again after that", async () => {
    const name = await running(evil);
    const journal = new TestJournal();
    const first = await deploy(name, v2, { journal, signatures: signatureOf(v2) });
    await rollBackTo(evil, { name, runId: first.runId, journal });
    expect((await bed.inspect(name)).Image).toBe(evil.id);
    const second = await deploy(name, v2, { journal, signatures: signatureOf(v2) });
    await commit(name, second.runId, journal);
    expect(await rollBackTo(evil, { name, runId: second.runId, journal })).toMatchObject({
      ...{ outcome: "recreated", imageId: evil.id },
    });
  });

  it("has run: what was only created has not", async () => {
    const name = newName();
    await bed.docker("create", "--name", name, evil.reference);
    await expect(deploy(name, evil)).rejects.toThrow(unsigned(/./));
    const journal = new TestJournal();
    const { runId } = await deploy(name, v2, { journal, signatures: signatureOf(v2) });
    await commit(name, runId, journal);
    const back = rollBackTo(evil, { name, runId, journal });
    await expect(back).rejects.toThrow(unsigned(/./));
  });

  it("is there: a way back pulls nothing that is not signed", async () => {
    const name = await running();
    const journal = new TestJournal();
    const { runId } = await deploy(name, v2, { journal, signatures: signatureOf(v2) });
    await commit(name, runId, journal);
    const image = await bed.image("gone", "ENV VERSION=gone");
    await bed.docker("rmi", "--force", image.id);
    await expectUntouched(name, () => rollBackTo(image, { name, runId, journal }), /./);
    expect(await inspectImage(bed.engine, image.id)).toBeNull();
  });

  it("is the only way back: another image needs a signature, and one of which nothing is known", async () => {
    const name = await running();
    const journal = new TestJournal();
    const { runId } = await deploy(name, v2, { journal, signatures: signatureOf(v2) });
    await commit(name, runId, journal);
    const unknown = { name, runId: randomUUID(), journal };
    await expectUntouched(name, () => rollBackTo(evil, { name, runId, journal }), /./);
    await expectUntouched(name, () => rollBackTo(evil, unknown), /./);
    const signatures = signatureOf(v1);
    expect(await rollBackTo(v1, { ...unknown, signatures })).toMatchObject({ imageId: v1.id });
  });
});
