import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { JobCommand } from "@bridgeport/proto";
import { afterAll, describe, expect, it } from "vitest";
import { diesAnywhere } from "../../../test/deaths.ts";
import { dyingEngine } from "../../../test/dying-engine.ts";
import { TestJournal } from "../../../test/journal.ts";
import type { TestImage } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed } from "../../../test/replacement-bed.ts";
import { CommandAborted } from "../../command.ts";
import { breakableEngine } from "../breakable-engine.fixture.ts";
import { connectEngine, type Engine } from "../client.ts";
import { runJob } from "./job.ts";

const { bed, newName, v1, v2 } = await openReplacementBed({
  v1: ["ENV VERSION=1"],
  v2: ["ENV VERSION=2", "LABEL com.docker.compose.project=built"],
});

const engines: Engine[] = [];
afterAll(() => {
  for (const engine of engines) engine.close();
});

/** Each agent process has an engine object of its own. */
function freshProcess(host = bed.host): Engine {
  const engine = connectEngine(host);
  engines.push(engine);
  return engine;
}

function jobCommand(
  containerName: string,
  command: string[],
  more: Partial<JobCommand> = {},
  image: TestImage = v2,
): JobCommand {
  return {
    kind: "job",
    serviceId: "00000000-0000-4000-8000-000000000001",
    containerName,
    reference: image.reference,
    command,
    timeoutMs: 600_000,
    spec: null,
    expectedImageIds: [],
    ...more,
  };
}

/** A service with a volume, in which jobs count their runs. */
async function service(...more: string[]): Promise<string> {
  const name = newName();
  await bed.docker(...["run", "-d", "--name", name, "-v", `${name}-data:/data`, ...more], v1.tag);
  return name;
}

const count = ["sh", "-c", "echo ran >> /data/runs"];

async function runs(name: string): Promise<number> {
  const written = await bed.docker("exec", name, "sh", "-c", "cat /data/runs 2>/dev/null || true");
  return written === "" ? 0 : written.split("\n").length;
}

/** The job's containers that are left. */
async function left(name: string): Promise<string[]> {
  return (await bed.names()).filter((one) => one.startsWith(`${name}-bp-job-`));
}

async function perform(command: JobCommand) {
  const context = new TestJournal().begin(command);
  const result = await runJob(freshProcess(), command, context, notSelf);
  return { result, context };
}

describe("a job", () => {
  it("has the settings of the service's container, and the new image", async () => {
    const net = `${newName()}-net`;
    await bed.docker("network", "create", net);
    const name = await service(
      ...["--network", net, "--network-alias", "front", "-e", "MINE=1", "--user", "0:1000"],
      ...["--label", "traefik.enable=true", "--hostname", "front"],
      ...[
        "--label",
        "com.docker.compose.project=mine",
        "--label",
        "com.docker.compose.oneoff=False",
      ],
    );
    // The service's alias leads to the service alone.
    const addresses = "nslookup front 2>/dev/null | busybox awk '/^Address: /{print $2}'";
    const script = `id -g; echo "$MINE $VERSION"; ${addresses}; echo told; trap "exit 0" TERM; sleep 600 & wait`;
    const command = ["sh", "-c", script];
    const cancel = new AbortController();
    const job = jobCommand(name, command);
    const context = new TestJournal().begin(job, { signal: cancel.signal });
    const running = runJob(freshProcess(), job, context, notSelf);
    running.catch(() => undefined);
    await expect.poll(() => context.messages.join("\n")).toContain("told");
    const own = await bed.inspect(name);
    const address = own.NetworkSettings.Networks?.[net]?.IPAddress;
    expect(context.messages.join("\n")).toContain(`1000\n1 2\n${address}\ntold`);
    const [ran = ""] = await left(name);
    const { Config: config, HostConfig: host, Image: image } = await bed.inspect(ran);
    expect(image).toBe(v2.id);
    expect(config.Labels).toMatchObject({ "bridgeport.ignore": "true" });
    expect(config.Labels).not.toHaveProperty("traefik.enable");
    expect(config.Labels?.["com.docker.compose.project"]).toBe("");
    expect(host.RestartPolicy?.Name).toBe("no");
    expect(host.PortBindings ?? {}).toEqual({});
    cancel.abort(new CommandAborted("cancelled"));
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(await left(name)).toEqual([]);
  });

  it("sees the service's volumes, anonymous ones too, and leaves them", async () => {
    const name = await service("-v", "/more");
    await bed.docker("exec", name, "touch", "/more/there");
    const { result } = await perform(
      jobCommand(name, ["sh", "-c", "ls /more; echo ran >> /data/runs; touch /more/added"]),
    );
    expect(result.logLines).toEqual(["there"]);
    expect(await runs(name)).toBe(1);
    expect(await bed.docker("exec", name, "ls", "/more")).toBe("added\nthere");
    expect(await left(name)).toEqual([]);
  });

  it("sees files that were copied into the service's container", async () => {
    const name = await service();
    const file = join(await mkdtemp(join(tmpdir(), "bridgeport-job-")), "app.conf");
    await writeFile(file, "secret\n");
    await bed.docker("cp", file, `${name}:/etc/app.conf`);
    await rm(dirname(file), { recursive: true });
    const { result } = await perform(jobCommand(name, ["cat", "/etc/app.conf"]));
    expect(result.logLines).toEqual(["secret"]);
  });

  it("runs beside a service with host ports and a fixed address", async () => {
    const net = `${newName()}-net`;
    await bed.docker("network", "create", "--subnet", "10.231.77.0/24", net);
    const name = await service("-p", "127.0.0.1::8080", "--network", net, "--ip", "10.231.77.9");
    await perform(jobCommand(name, count));
    expect(await runs(name)).toBe(1);
  });

  it("takes the service's specification where there is no container", async () => {
    const name = newName();
    const spec = { Env: ["MINE=1"], HostConfig: { PortBindings: { "80/tcp": [{}] } } };
    const { result } = await perform(jobCommand(name, ["sh", "-c", "echo $MINE"], { spec }));
    expect(result.logLines).toEqual(["1"]);
    await expect(perform(jobCommand(name, count))).rejects.toMatchObject({ code: "not_found" });
  });

  it("fails with its exit code and its last lines", async () => {
    const name = await service();
    const job = perform(jobCommand(name, ["sh", "-c", "echo one; echo two >&2; exit 3"]));
    await expect(job).rejects.toMatchObject({
      code: "exited",
      exitCode: 3,
      logLines: expect.arrayContaining(["one", "two"]) as string[],
      message: expect.stringContaining("exited with code 3") as string,
    });
    expect(await left(name)).toEqual([]);
  });

  it("fails where the image does not have the command, and leaves nothing", async () => {
    const name = await service();
    await expect(perform(jobCommand(name, ["no-such-program"]))).rejects.toMatchObject({
      code: "start_failed",
      message: expect.stringContaining("no-such-program") as string,
    });
    expect(await left(name)).toEqual([]);
  });

  it("that writes 10 MB is told in few reports", async () => {
    const name = await service();
    const line = "x".repeat(999);
    const script = `i=0; while [ $i -lt 10000 ]; do echo ${line}; i=$((i+1)); done; echo last`;
    const { result, context } = await perform(jobCommand(name, ["sh", "-c", script]));
    expect(result.logLines).toHaveLength(100);
    expect(result.logLines.at(-1)).toBe("last");
    expect(context.messages.length).toBeLessThan(500);
    expect(context.messages.join("").length).toBeLessThan(500 * 2_100);
  });

  it("that others stop has failed, also where it ends well when it is asked to end", async () => {
    const name = await service();
    const script = "trap 'exit 0' TERM; echo ran >> /data/runs; sleep 600 & wait";
    const running = perform(jobCommand(name, ["sh", "-c", script]));
    running.catch(() => undefined);
    await expect.poll(() => runs(name)).toBe(1);
    await bed.docker("stop", ...(await left(name)));
    await expect(running).rejects.toMatchObject({ code: "exited", exitCode: 137 });
  });

  it("is asked to end when it is cancelled", async () => {
    const name = await service();
    const script = "trap 'echo bye; exit 0' TERM; echo ran >> /data/runs; sleep 600 & wait";
    const job = jobCommand(name, ["sh", "-c", script]);
    const cancel = new AbortController();
    const context = new TestJournal().begin(job, { signal: cancel.signal });
    const running = runJob(freshProcess(), job, context, notSelf);
    running.catch(() => undefined);
    await expect.poll(() => runs(name)).toBe(1);
    cancel.abort(new CommandAborted("cancelled"));
    await expect(running).rejects.toMatchObject({ code: "cancelled", logLines: ["bye"] });
  });

  it("is stopped when its time is over", async () => {
    const name = await service();
    const job = jobCommand(name, ["sh", "-c", "trap 'echo bye; exit 0' TERM; sleep 600 & wait"], {
      timeoutMs: 1,
    });
    await expect(perform(job)).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringContaining("time limit") as string,
    });
    expect(await left(name)).toEqual([]);
  });

  it("gets nothing that the service's container does not have", async () => {
    const name = newName();
    const spec = { HostConfig: { Privileged: true } };
    await expect(perform(jobCommand(name, count, { spec }))).rejects.toMatchObject({
      code: "refused",
    });
    const own = await service();
    await expect(perform(jobCommand(own, count, { spec }))).resolves.toBeDefined();
    expect(await runs(own)).toBe(1);
  });

  it("does not take a container of the same name for its own", async () => {
    const name = await service();
    const job = jobCommand(name, count);
    const context = new TestJournal().begin(job);
    const taken = `${name}-bp-job-${context.commandId.replaceAll("-", "").slice(-10)}`;
    await bed.docker("run", "-d", "--name", taken, v1.tag);
    await expect(runJob(freshProcess(), job, context, notSelf)).rejects.toMatchObject({
      code: "create_failed",
    });
    expect((await bed.inspect(taken)).State.Running).toBe(true);
  });
});

describe("an agent that dies runs the job once all the same", () => {
  describe("at any of its requests", () => {
    diesAnywhere(3, async ({ at, when }) => {
      const name = await service();
      const job = jobCommand(name, count);
      const journal = new TestJournal();
      const { engine, died } = dyingEngine(bed.host, at, when);
      engines.push(engine);
      const first = journal.begin(job);
      const outcome = await Promise.race([
        died.then(() => "died" as const),
        runJob(engine, job, first, notSelf).then(() => "completed" as const),
      ]);
      if (outcome === "died") {
        const second = journal.begin(job, { id: first.commandId });
        await runJob(freshProcess(), job, second, notSelf);
      }
      expect(await runs(name)).toBe(1);
      expect(await left(name)).toEqual([]);
      return outcome;
    });
  });

  it.each(["create", "start", "end"])("after %s", async (killAfter) => {
    const name = await service();
    const job = jobCommand(name, [...count.slice(0, 2), "echo ran >> /data/runs; echo done"]);
    const journal = new TestJournal();
    const first = journal.begin(job, { killAfter });
    await Promise.race([first.killed, runJob(freshProcess(), job, first, notSelf)]);
    expect(first.reached.at(-1)).toBe(killAfter);
    const second = journal.begin(job, { id: first.commandId });
    const result = await runJob(freshProcess(), job, second, notSelf);
    expect(result.logLines).toEqual(["done"]);
    expect(await runs(name)).toBe(1);
    expect(await left(name)).toEqual([]);
  });

  it("while it is stopped: it stays stopped", async () => {
    const name = await service();
    const job = jobCommand(name, ["sh", "-c", "echo ran >> /data/runs; sleep 600"], {
      timeoutMs: 1,
    });
    const journal = new TestJournal();
    const first = journal.begin(job, { killAfter: "stop" });
    await Promise.race([first.killed, runJob(freshProcess(), job, first, notSelf)]);
    const [container = ""] = await left(name);
    await bed.docker("kill", container);
    const second = journal.begin(job, { id: first.commandId });
    await expect(runJob(freshProcess(), job, second, notSelf)).rejects.toMatchObject({
      code: "timeout",
    });
    expect(await left(name)).toEqual([]);
  });

  it("goes on with one that runs", async () => {
    const name = await service();
    const script = "echo ran >> /data/runs; until [ -e /data/go ]; do sleep 1; done; echo gone on";
    const job = jobCommand(name, ["sh", "-c", script]);
    const journal = new TestJournal();
    const end = new AbortController();
    const first = journal.begin(job, { signal: end.signal });
    const lost = runJob(freshProcess(), job, first, notSelf);
    lost.catch(() => undefined);
    await expect.poll(() => runs(name)).toBe(1);
    end.abort(new CommandAborted("shutdown"));
    await expect(lost).rejects.toMatchObject({ why: "shutdown" });
    expect(await left(name)).toHaveLength(1);
    const second = journal.begin(job, { id: first.commandId });
    const going = runJob(freshProcess(), job, second, notSelf);
    await bed.docker("exec", name, "touch", "/data/go");
    expect((await going).logLines).toEqual(["gone on"]);
    expect(await runs(name)).toBe(1);
  });

  it("does not run it again where its container is gone", async () => {
    const name = await service();
    const job = jobCommand(name, count);
    const journal = new TestJournal();
    const first = journal.begin(job, { killAfter: "end" });
    await Promise.race([first.killed, runJob(freshProcess(), job, first, notSelf)]);
    await bed.docker("rm", "-f", ...(await left(name)));
    const entry = journal.entries.get(first.commandId);
    entry?.phases.pop();
    const second = journal.begin(job, { id: first.commandId });
    await expect(runJob(freshProcess(), job, second, notSelf)).rejects.toMatchObject({
      code: "exited",
      exitCode: null,
      message: expect.stringContaining("not run again") as string,
    });
    expect(await runs(name)).toBe(1);
  });
});

it("a job goes on while its engine cannot be reached, and is waited for afterwards", async () => {
  const name = await service();
  const proxy = await breakableEngine(bed.host);
  const script = "echo ran >> /data/runs; until [ -e /data/go ]; do sleep 1; done";
  const job = jobCommand(name, ["sh", "-c", script]);
  const journal = new TestJournal();
  const first = journal.begin(job);
  const lost = runJob(freshProcess(proxy.host), job, first, notSelf);
  lost.catch(() => undefined);
  await expect.poll(() => runs(name)).toBe(1);
  await proxy.breakDown();
  await expect(lost).rejects.toMatchObject({ code: "engine_unavailable" });
  await bed.docker("exec", name, "touch", "/data/go");
  await proxy.comeBack();
  const second = journal.begin(job, { id: first.commandId });
  await runJob(freshProcess(proxy.host), job, second, notSelf);
  expect(await runs(name)).toBe(1);
  expect(await left(name)).toEqual([]);
  await proxy.remove();
});
