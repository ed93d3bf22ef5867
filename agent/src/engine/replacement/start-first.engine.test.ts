import type { ContainerSpec } from "@bridgeport/proto";
import { beforeAll, describe, expect, it } from "vitest";
import { diesAnywhere } from "../../../test/deaths.ts";
import { dyingEngine } from "../../../test/dying-engine.ts";
import { TestJournal } from "../../../test/journal.ts";
import { rollbackCommand, runCommand, type TestImage } from "../../../test/real-engine.ts";
import { openReplacementBed } from "../../../test/replacement-bed.ts";
import { connectEngine } from "../client.ts";
import { replaceContainer } from "./replace.ts";
import { recoverRollback, rollBack } from "./rollback.ts";

const slowStart = 'CMD ["sh", "-c", "sleep 1; exec serve"]';
const check =
  "HEALTHCHECK --interval=1s --retries=2 CMD wget -q -O /dev/null http://127.0.0.1:8080/";
const { bed, v1, v2, v3, sick } = await openReplacementBed({
  v1: ["ENV VERSION=1", check],
  v2: ["ENV VERSION=2", slowStart, check],
  v3: ["ENV VERSION=3"],
  sick: ["HEALTHCHECK --interval=1s --retries=1 CMD false"],
});

function deploy(name: string, image: TestImage) {
  const command = runCommand(name, image, { order: "start-first" });
  return replaceContainer(bed.engine, command, new TestJournal().begin(command), () => false);
}

/** A rollback to a container that is no longer kept: only its reference is known. */
function backFrom(name: string, spec: ContainerSpec | null) {
  return rollbackCommand(name, "run-1", v1, { spec, order: "start-first" });
}

/**
 * Sends requests to `host` from inside a network without a pause, and counts the answers of each container. Until
 * the old container has ended a name has two addresses; as most clients do, it tries the next where one refuses.
 */
async function client(name: string, network: string, host: string) {
  // A static busybox can resolve names only with its nslookup.
  const loop = `while :; do
    answer=
    for at in $(nslookup ${host} 2>/dev/null | busybox awk '/^Address: /{print $2}'); do
      [ -n "$answer" ] || answer=$(busybox printf 'GET / HTTP/1.0\\r\\n\\r\\n' |
        busybox nc -w 2 $at 8080 | busybox tail -n 1)
    done
    echo "\${answer:-lost}"
  done`;
  const id = await bed.docker(
    ...["run", "-d", "--init", "--name", name, "--network", network, "--stop-signal", "KILL"],
    ...["--entrypoint", "sh", v1.tag, "-c", loop],
  );
  return async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const line of (await bed.docker("logs", id)).split("\n")) {
      counts[line] = (counts[line] ?? 0) + 1;
    }
    return counts;
  };
}

describe("a start-first deploy", () => {
  it("loses no request to the container's name", async () => {
    const name = `${bed.prefix}-web`;
    const net = `${bed.prefix}-net`;
    await bed.docker("network", "create", net);
    await bed.docker(
      "run",
      "-d",
      "--name",
      name,
      "--network",
      net,
      "--network-alias",
      "front",
      v1.tag,
    );
    const answers = await client(`${bed.prefix}-client`, net, name);
    await expect.poll(async () => (await answers())["1"] ?? 0).toBeGreaterThan(5);
    const result = await deploy(name, v2);
    expect(result).toMatchObject({ downtimeMs: 0, running: true });
    const soFar = (await answers())["2"] ?? 0;
    await expect.poll(async () => (await answers())["2"] ?? 0).toBeGreaterThan(soFar + 5);
    const counts = await answers();
    expect(counts.lost).toBeUndefined();
    const after = await bed.inspect(name);
    expect(after.NetworkSettings.Networks?.[net]?.Aliases).toContain("front");
    expect((await bed.names()).filter((one) => one.startsWith(`${name}-`))).toHaveLength(1);
  });

  it("keeps the old container if the new one is not healthy", async () => {
    const name = `${bed.prefix}-sick`;
    const id = await bed.docker("run", "-d", "--name", name, v1.tag);
    const { StartedAt: started } = (await bed.inspect(id)).State;
    await expect(deploy(name, sick)).rejects.toMatchObject({ code: "unhealthy" });
    const after = await bed.inspect(name);
    expect(after.Id).toBe(id);
    expect(after.State.StartedAt).toBe(started);
    expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
  });

  it("keeps the old container if the new one is not healthy after the change of its networks", async () => {
    const name = `${bed.prefix}-homesick`;
    const net = `${bed.prefix}-homesick-net`;
    await bed.docker("network", "create", net);
    const id = await bed.docker("run", "-d", "--name", name, "--network", net, v1.tag);
    const { StartedAt: started } = (await bed.inspect(id)).State;
    const index = "cat /sys/class/net/eth*/ifindex";
    const homesick = await bed.image(
      "homesick",
      `CMD ["sh", "-c", "${index} > /tmp/home; exec serve"]`,
      `HEALTHCHECK --interval=1s --retries=1 CMD test "$(${index})" = "$(cat /tmp/home)"`,
    );
    await expect(deploy(name, homesick)).rejects.toMatchObject({ code: "unhealthy" });
    const after = await bed.inspect(name);
    expect(after.Id).toBe(id);
    expect(after.State).toMatchObject({ Running: true, StartedAt: started });
    expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
  });

  it.each([
    ["a fixed host port", ["-p", "127.0.0.1:29871:8080"]],
    ["the host's network", ["--network", "host"]],
    ["a fixed address", ["--network", "NET", "--ip", "10.199.31.9"]],
  ])("is refused with %s, before anything is touched", async (_, options) => {
    const net = `${bed.prefix}-fixed`;
    if (options.includes("NET"))
      await bed.docker("network", "create", "--subnet", "10.199.31.0/24", net);
    const name = `${bed.prefix}-fixed-${options.length}-${options[1]?.length}`;
    const args = options.map((option) => (option === "NET" ? net : option));
    const id = await bed.docker("run", "-d", "--name", name, ...args, v1.tag, "sleep", "600");
    await expect(deploy(name, v2)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("stop-first"),
    });
    expect((await bed.inspect(name)).Id).toBe(id);
    await bed.docker("kill", id);
  });
});

describe("a start-first rollback to what is no longer kept", () => {
  async function deployed(name: string, ...options: string[]) {
    await bed.docker("run", "-d", "--name", name, ...options, v1.tag);
    const { spec, previousContainerId } = await replaceContainer(
      bed.engine,
      runCommand(name, v3),
      new TestJournal().begin(runCommand(name, v3)),
      () => false,
    );
    await bed.docker("rm", "-f", previousContainerId ?? "");
    return spec;
  }
  const named = async (name: string) =>
    (await bed.names()).filter((one) => one === name || one.startsWith(`${name}-`));

  it("loses no request either", async () => {
    const name = `${bed.prefix}-back`;
    const net = `${bed.prefix}-back-net`;
    await bed.docker("network", "create", net);
    const spec = await deployed(name, "--network", net, "--network-alias", "front");
    const answers = await client(`${bed.prefix}-asks`, net, name);
    await expect.poll(async () => (await answers())["3"] ?? 0).toBeGreaterThan(5);
    const command = backFrom(name, spec);
    const context = new TestJournal().begin(command);
    const result = await rollBack(bed.engine, command, context, () => false);
    expect(result).toMatchObject({ outcome: "recreated", imageId: v1.id, downtimeMs: 0 });
    await expect.poll(async () => (await answers())["1"] ?? 0).toBeGreaterThan(5);
    expect((await answers()).lost).toBeUndefined();
    const after = await bed.inspect(name);
    expect(after.NetworkSettings.Networks?.[net]?.Aliases).toContain("front");
    expect(await named(name)).toEqual([name]);
  });

  it("falls back to stop-first where both cannot run in parallel", async () => {
    const name = `${bed.prefix}-place`;
    const spec = await deployed(name, "-p", "127.0.0.1:29872:8080");
    const command = backFrom(name, spec);
    const context = new TestJournal().begin(command);
    const result = await rollBack(bed.engine, command, context, () => false);
    expect(result).toMatchObject({ outcome: "recreated", imageId: v1.id });
    expect(result.downtimeMs).toBeGreaterThan(0);
    expect((await bed.inspect(name)).State.Running).toBe(true);
    expect(await named(name)).toEqual([name]);
  });

  it("keeps the running container if the other one is not healthy", async () => {
    const name = `${bed.prefix}-worse`;
    const spec = await deployed(name);
    const { Id: id } = await bed.inspect(name);
    const command = rollbackCommand(name, "run-1", sick, { spec, order: "start-first" });
    const context = new TestJournal().begin(command);
    await expect(rollBack(bed.engine, command, context, () => false)).rejects.toMatchObject({
      code: "unhealthy",
    });
    expect(await bed.inspect(name)).toMatchObject({ Id: id, State: { Running: true } });
    expect(await named(name)).toEqual([name]);
  });

  describe("is finished wherever the agent dies", () => {
    const net = () => `${bed.prefix}-died-net`;
    beforeAll(async () => {
      await bed.docker("network", "create", net());
    });

    diesAnywhere(8, async ({ at, when }) => {
      const name = `${bed.prefix}-${when}-${at}`;
      const spec = await deployed(name, "--network", net(), "--network-alias", "front");
      const command = backFrom(name, spec);
      const journal = new TestJournal();
      const first = journal.begin(command);
      const { engine, died, sent } = dyingEngine(bed.host, at, when);
      const done = rollBack(engine, command, first, () => false).then(() => "completed" as const);
      const ended = await Promise.race([done, died.then(() => "died" as const)]);
      const fresh = connectEngine(bed.host);
      if (ended === "died") {
        const second = journal.begin(command, { id: first.commandId });
        const result = await recoverRollback(fresh, command, second, () => false);
        expect(result, sent.at(-1)).toMatchObject({ imageId: v1.id });
      }
      const after = await bed.inspect(name);
      expect(after, sent.at(-1)).toMatchObject({ Image: v1.id, State: { Running: true } });
      expect(after.NetworkSettings.Networks?.[net()]?.Aliases, sent.at(-1)).toContain("front");
      expect(await named(name), sent.at(-1)).toEqual([name]);
      engine.close();
      fresh.close();
      await bed.docker("rm", "-f", name);
      return ended;
    });
  });
});
