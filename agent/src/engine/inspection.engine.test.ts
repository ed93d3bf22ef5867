import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestbed, type Testbed, type TestImage } from "../../test/real-engine.ts";
import { inspectContainer, inspectNamed } from "./inspection.ts";

let bed: Testbed;
let image: TestImage;

beforeAll(async () => {
  bed = await openTestbed();
  image = await bed.image("named");
});
afterAll(async () => await bed.close());

it("finds a container by its name, and no stranger whose id begins like that", async () => {
  const name = `${bed.prefix}-named`;
  const id = await bed.docker("create", "--name", name, image.tag);
  expect((await inspectNamed(bed.engine, name))?.Id).toBe(id);
  expect((await inspectContainer(bed.engine, id))?.Name).toBe(`/${name}`);
  for (const unknown of [id.slice(0, 12), id.slice(0, 40), id, `${name}-other`]) {
    expect(await inspectNamed(bed.engine, unknown)).toBeNull();
  }
});

it("finds no container where the ids of several begin like that", async () => {
  const beginnings = new Set<string>();
  let beginning = "";
  for (let count = 1; beginning === ""; count += 1) {
    const id = await bed.docker("create", "--name", `${bed.prefix}-many-${count}`, image.tag);
    const [first = ""] = id;
    if (beginnings.has(first)) beginning = first;
    beginnings.add(first);
  }
  await expect(bed.inspect(beginning)).rejects.toThrow();
  expect(await inspectNamed(bed.engine, beginning)).toBeNull();
});
