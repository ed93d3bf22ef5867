import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dyingEngine } from "../../../test/dying-engine.ts";
import { TestJournal } from "../../../test/journal.ts";
import {
  openTestbed,
  runCommand,
  type Testbed,
  type TestImage,
} from "../../../test/real-engine.ts";
import { connectEngine, type Engine } from "../client.ts";
import { recoverReplacement, replaceContainer } from "./replace.ts";

let bed: Testbed;
let v1: TestImage;
let v2: TestImage;
let broken: TestImage;
let count = 0;
const notSelf = (): boolean => false;

beforeAll(async () => {
  bed = await openTestbed();
  v1 = await bed.image("one", "ENV VERSION=1");
  v2 = await bed.image("two", "ENV VERSION=2", 'HEALTHCHECK CMD ["true"]');
  broken = await bed.image("broken", 'CMD ["no-such-program"]');
});
afterAll(async () => await bed.close());

async function cutOff(
  image: TestImage,
  order: "stop-first" | "start-first",
  at: number,
  when: "before" | "after",
) {
  count += 1;
  const name = `${bed.prefix}-${count}`;
  const net = `${bed.prefix}-net`;
  const id = await bed.docker(
    ...["run", "-d", "--name", name, "--restart", "always", "--network", net],
    ...["--network-alias", "front", v1.tag],
  );
  const command = runCommand(name, image, { order });
  const journal = new TestJournal();
  const { engine, died, sent } = dyingEngine(bed.host, at, when);
  const first = journal.begin(command);
  const outcome = await Promise.race([
    died.then(() => "died" as const),
    replaceContainer(engine, command, first, notSelf).then(
      () => "done" as const,
      () => "failed" as const,
    ),
  ]);
  const fresh: Engine = connectEngine(bed.host);
  const second = journal.begin(command, { id: first.commandId });
  let result: string | null = null;
  let failure: unknown = null;
  if (outcome === "died") {
    try {
      result = (await recoverReplacement(fresh, command, second, notSelf)).containerId;
    } catch (error) {
      failure = error;
    }
    const where = `${when} ${sent.at(-1)} (${at})`;
    const after = await bed.inspect(name);
    expect(after.Id, where).toBe(failure === null ? result : id);
    expect(after.Image, where).toBe(failure === null ? image.id : v1.id);
    expect(after.State.Running, where).toBe(true);
    expect(after.HostConfig.RestartPolicy?.Name, where).toBe("always");
    expect(after.NetworkSettings.Networks?.[net]?.Aliases, where).toContain("front");
    const names = (await bed.names()).filter((one) => one === name || one.startsWith(`${name}-`));
    expect(names, where).toHaveLength(failure === null ? 2 : 1);
    for (const kept of names.slice(1)) {
      expect((await bed.inspect(kept)).State.Running, where).toBe(false);
    }
  }
  fresh.close();
  engine.close();
  const left = (await bed.names()).filter((one) => one === name || one.startsWith(`${name}-`));
  await bed.docker("rm", "-f", "-v", ...left);
  return { outcome, failure };
}

describe("an agent that dies at any of its requests", () => {
  beforeAll(async () => {
    await bed.docker("network", "create", `${bed.prefix}-net`);
  });

  it.concurrent.each([
    ["stop-first", "before"],
    ["stop-first", "after"],
    ["start-first", "before"],
    ["start-first", "after"],
  ] as const)(
    "%s, %s the engine has done it: the deploy is finished after all",
    async (order, when) => {
      let at = 1;
      for (; ; at += 1) {
        const { outcome, failure } = await cutOff(v2, order, at, when);
        if (outcome !== "died") break;
        expect(failure).toBeNull();
      }
      expect(at).toBeGreaterThan(5);
    },
    300_000,
  );

  it.concurrent("while it takes a deploy back: the old container is there again", async () => {
    let at = 1;
    for (; ; at += 1) {
      const { outcome, failure } = await cutOff(broken, "stop-first", at, "after");
      if (outcome !== "died") break;
      expect(failure).toMatchObject({ code: "start_failed" });
    }
    expect(at).toBeGreaterThan(8);
  }, 300_000);
});
