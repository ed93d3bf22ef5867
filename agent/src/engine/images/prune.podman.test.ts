import { afterAll, beforeAll, expect, it } from "vitest";
import { startEngine, type Engine as TestEngine } from "../../../../test/harness/engine.ts";
import { given } from "../../../../test/harness/given.ts";
import { pushImage } from "../../../../test/harness/images.ts";
import { connectEngine, type Engine } from "../client.ts";
import { inspectImage } from "../inspection.ts";
import { pruneImages } from "./prune.ts";
import { pullImage } from "./pull.ts";

// A prune would remove images of other tests, so it has an engine of its own.
let own: TestEngine;
let engine: Engine;

beforeAll(async () => {
  own = await startEngine({ version: "podman", registries: [given("registryHost")] });
  engine = connectEngine(own.host);
});
afterAll(async () => {
  engine?.close();
  await own?.remove();
});

it("with Podman, a prune removes what nothing needs, and only that", async () => {
  const context = {
    signal: new AbortController().signal,
    deadlineAt: null,
    progress: () => undefined,
  };
  const pull = async (version: string) => {
    const options = { version, extraBytes: 1000 };
    const image = await pushImage({ host: given("registryHost") }, "prune/app", version, options);
    const reference = `${image.reference}@${image.digest}`;
    const { Id: id } = await pullImage(
      engine,
      { reference, platform: null, credentials: null },
      context,
    );
    return { reference, id };
  };
  const [used, needed, unneeded] = [await pull("1"), await pull("2"), await pull("3")];
  await engine.docker.createContainer({ name: "user", Image: used.reference });
  const pruned = await pruneImages(engine, "prune-1", "all", [needed.reference]);
  expect(pruned.imagesDeleted).toBe(1);
  expect(await inspectImage(engine, used.id)).not.toBeNull();
  expect(await inspectImage(engine, needed.id)).not.toBeNull();
  expect(await inspectImage(engine, unneeded.id)).toBeNull();
  const left = await engine.docker.listContainers({ all: true });
  expect(left.map(({ Names: names }) => names)).toEqual([["/user"]]);
});
