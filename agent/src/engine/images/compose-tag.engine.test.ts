import { afterAll, beforeAll, expect, it } from "vitest";
import { TestJournal } from "../../../test/journal.ts";
import {
  openTestbed,
  rollbackCommand,
  runCommand,
  type Testbed,
  type TestImage,
} from "../../../test/real-engine.ts";
import { replaceContainer } from "../replacement/replace.ts";
import { rollBack } from "../replacement/rollback.ts";

let bed: Testbed;
let v1: TestImage;
let v2: TestImage;
const journal = new TestJournal();
const notSelf = (): boolean => false;

beforeAll(async () => {
  bed = await openTestbed();
  v1 = await bed.image("same", "ENV VERSION=1");
  v2 = await bed.image("same", "ENV VERSION=2");
});
afterAll(async () => await bed.close());

/** A container as Compose creates it, from a tag that is the first image's on this engine. */
async function start(name: string, ...options: string[]): Promise<void> {
  await bed.docker("tag", v1.id, v1.tag);
  await bed.docker("run", "-d", "--name", name, ...options, v1.tag);
}

async function tagged(tag = v1.tag): Promise<string> {
  return await bed.docker("image", "inspect", tag, "--format", "{{.Id}}");
}

async function deploy(name: string, image: Pick<TestImage, "reference"> = v2): Promise<string> {
  const command = runCommand(name, image);
  const context = journal.begin(command);
  await replaceContainer(bed.engine, command, context, notSelf);
  return context.commandId;
}

it("the local tag of a Compose container is moved with a deploy, and back with its rollback", async () => {
  const name = `${bed.prefix}-compose`;
  await start(name, "--label", `com.docker.compose.image=${v1.id}`);
  const runCommandId = await deploy(name);
  expect(await tagged()).toBe(v2.id);
  const { Config: config } = await bed.inspect(name);
  expect(config.Labels).toMatchObject({ "com.docker.compose.image": v2.id });
  const rollback = rollbackCommand(name, runCommandId, v1);
  const result = await rollBack(bed.engine, rollback, journal.begin(rollback), notSelf);
  expect(result.outcome).toBe("restored");
  expect(await tagged()).toBe(v1.id);
});

it("the local tag of any other container is not moved", async () => {
  const name = `${bed.prefix}-plain`;
  await start(name);
  await deploy(name);
  expect(await tagged()).toBe(v1.id);
});

it("a dependent whose tag has moved on keeps that tag in its reference when it is re-created", async () => {
  const [name, sidecar] = [`${bed.prefix}-provider`, `${bed.prefix}-sidecar`];
  await start(name);
  const options = ["--network", `container:${name}`, "--stop-signal", "KILL"];
  await bed.docker("run", "-d", "--name", sidecar, ...options, v1.tag, "sleep", "600");
  await bed.docker("tag", v2.id, v2.tag);
  await deploy(name);
  const { Config: config, Image: image } = await bed.inspect(sidecar);
  expect([config.Image, image]).toEqual([v1.reference, v1.id]);
});

it("a tag that the engine does not have is not created", async () => {
  const name = `${bed.prefix}-tagless`;
  await start(name, "--label", `com.docker.compose.image=${v1.id}`);
  await deploy(name, { reference: v2.reference.replace(":v1@", ":v2@") });
  await expect(tagged(v2.tag.replace(/:v1$/, ":v2"))).rejects.toThrow();
  expect(await tagged()).toBe(v1.id);
});
