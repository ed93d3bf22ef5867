import { beforeAll, describe, expect } from "vitest";
import { type Death, diesAnywhere } from "../../../test/deaths.ts";
import { dyingEngine } from "../../../test/dying-engine.ts";
import { TestJournal } from "../../../test/journal.ts";
import { runCommand, type TestImage } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed, usualImages } from "../../../test/replacement-bed.ts";
import { connectEngine, type Engine } from "../client.ts";
import { recoverReplacement, replaceContainer } from "./replace.ts";

const { bed, newName, v1, v2, broken } = await openReplacementBed({
  ...usualImages,
  v2: ["ENV VERSION=2", 'HEALTHCHECK CMD ["true"]'],
});

async function cutOff(image: TestImage, order: "stop-first" | "start-first", { at, when }: Death) {
  const name = newName();
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

  describe.each([
    ["stop-first", 6],
    ["start-first", 8],
  ] as const)("%s: the next agent finishes the deploy", (order, requests) => {
    diesAnywhere(requests, async (death) => {
      const { outcome, failure } = await cutOff(v2, order, death);
      expect(failure, String(failure)).toBeNull();
      return outcome === "died" ? "died" : "completed";
    });
  });

  describe("while it undoes a deploy: the previous container is restored", () => {
    diesAnywhere(10, async (death) => {
      const { outcome, failure } = await cutOff(broken, "stop-first", death);
      if (outcome === "died") {
        expect(failure, String(failure)).toMatchObject({ code: "start_failed" });
      }
      return outcome === "died" ? "died" : "completed";
    });
  });
});
