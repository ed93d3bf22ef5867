import { describe, expect, it } from "vitest";
import { givenAliases } from "../../../test/fidelity.ts";
import { TestJournal } from "../../../test/journal.ts";
import { runCommand, type TestImage } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed } from "../../../test/replacement-bed.ts";
import { CommandAborted, CommandFailure } from "../../command.ts";
import { replaceContainer } from "./replace.ts";

const declared = ["VOLUME /data", "EXPOSE 8080"];
const { bed, v1, v2, broken } = await openReplacementBed({
  v1: ["ENV VERSION=1", "ENV GONE=yes", ...declared, "LABEL made=one"],
  v2: ["ENV VERSION=2", "ENV NEW=yes", ...declared, "LABEL made=two"],
  broken: ["ENV VERSION=3", 'CMD ["no-such-program"]'],
});

const journal = new TestJournal();

function deploy(name: string, image: TestImage, more: Parameters<typeof runCommand>[2] = {}) {
  const command = runCommand(name, image, more);
  return replaceContainer(bed.engine, command, journal.begin(command), notSelf, command);
}

async function failure(deploying: Promise<unknown>): Promise<CommandFailure> {
  const error = await deploying.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CommandFailure) return error;
  throw new Error("It did not fail as a command does.", { cause: error });
}

describe("replacing a container", () => {
  it("keeps the user's settings and takes the others from the new image", async () => {
    const name = `${bed.prefix}-keep`;
    const [net, other] = [`${bed.prefix}-net`, `${bed.prefix}-other`];
    await bed.docker("network", "create", "--subnet", "10.199.7.0/24", net);
    await bed.docker("network", "create", "--subnet", "10.199.8.0/24", other);
    const old = await bed.docker(
      ...["run", "-d", "--name", name, "--network", net, "--ip", "10.199.7.9"],
      ...[
        "--network-alias",
        "front",
        "-e",
        "MINE=1",
        "-p",
        "127.0.0.1:0:8080",
        "--restart",
        "always",
      ],
      ...["--label", "com.docker.compose.project=p", "-m", "64m", v1.tag],
    );
    await bed.docker("network", "connect", "--alias", "back", "--ip", "10.199.8.5", other, name);
    await bed.docker("exec", name, "sh", "-c", "echo precious > /data/file");
    const before = await bed.inspect(name);

    const result = await deploy(name, v2);

    const after = await bed.inspect(name);
    expect(after.Id).toBe(result.containerId);
    expect(after.Image).toBe(v2.id);
    expect(after.State.Running).toBe(true);
    expect(after.Config.Image).toBe(v2.reference);
    expect(after.Config.Env).toEqual(expect.arrayContaining(["MINE=1", "VERSION=2", "NEW=yes"]));
    expect(after.Config.Env).not.toContain("GONE=yes");
    expect(after.Config.Labels).toEqual({ made: "two", "com.docker.compose.project": "p" });
    expect(after.HostConfig).toEqual({
      ...before.HostConfig,
      Binds: [`${before.Mounts?.[0]?.Name}:/data`],
    });
    expect(await bed.docker("exec", name, "cat", "/data/file")).toBe("precious");
    const networks = after.NetworkSettings.Networks ?? {};
    expect(networks[net]).toMatchObject({
      IPAddress: "10.199.7.9",
      IPAMConfig: { IPv4Address: "10.199.7.9" },
    });
    expect(givenAliases(after, net)).toEqual(["front"]);
    expect(networks[other]).toMatchObject({ IPAddress: "10.199.8.5" });
    expect(givenAliases(after, other)).toEqual(["back"]);
    expect(result).toMatchObject({
      previousContainerId: old,
      previousImageId: v1.id,
      running: true,
    });
    expect(result.downtimeMs).toBeGreaterThan(0);

    const names = (await bed.names()).filter((one) => one.startsWith(name));
    expect(names).toHaveLength(2);
    const kept = await bed.inspect(old);
    expect(kept.Name).toMatch(new RegExp(`^/${name}-bp-\\w+$`));
    expect(kept.HostConfig.RestartPolicy?.Name).toBe("no");
    expect(kept.State.Running).toBe(false);
  });

  it("publishes a port that the new image no longer exposes", async () => {
    const name = `${bed.prefix}-published`;
    const plain = await bed.image("plain", "ENV VERSION=3");
    await bed.docker("run", "-d", "--name", name, "-p", "127.0.0.1:28731:8080", v1.tag);
    await deploy(name, plain);
    expect(await bed.inspect(name)).toMatchObject({
      State: { Running: true },
      NetworkSettings: { Ports: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "28731" }] } },
    });
  });

  it("keeps the volume of a bind without a source, as only the engine's API makes it", async () => {
    const name = `${bed.prefix}-bare`;
    const container = await bed.engine.docker.createContainer({
      ...{ name, Image: v1.tag },
      HostConfig: { Binds: ["/bare"] },
    });
    await container.start();
    await bed.docker("exec", name, "sh", "-c", "echo precious > /bare/file");
    await deploy(name, v2);
    expect(await bed.docker("exec", name, "cat", "/bare/file")).toBe("precious");
  });

  it("puts the previous container back when the new one does not start", async () => {
    const name = `${bed.prefix}-broken`;
    const old = await bed.docker(
      "run",
      "-d",
      "--name",
      name,
      "--restart",
      "unless-stopped",
      v1.tag,
    );
    const error = await failure(deploy(name, broken));
    expect(error.code).toBe("start_failed");
    expect(error.message).toContain("no-such-program");
    const after = await bed.inspect(name);
    expect(after.Id).toBe(old);
    expect(after.State.Running).toBe(true);
    expect(after.HostConfig.RestartPolicy?.Name).toBe("unless-stopped");
    expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
  });

  it("leaves a stopped container stopped", async () => {
    const name = `${bed.prefix}-stopped`;
    await bed.docker("create", "--name", name, v1.tag);
    const result = await deploy(name, v2);
    expect(result).toMatchObject({ running: false, downtimeMs: null });
    const after = await bed.inspect(name);
    expect(after.Image).toBe(v2.id);
    expect(after.State.Status).toBe("created");
  });

  it("returns what it would change in a dry run, and changes nothing", async () => {
    const name = `${bed.prefix}-dry`;
    const id = await bed.docker("run", "-d", "--name", name, "-e", "MINE=1", v1.tag);
    const before = await bed.inspect(id);
    const command = runCommand(name, v2, { dryRun: true });
    const context = journal.begin(command);
    const dry = await replaceContainer(bed.engine, command, context, notSelf, command);
    expect(context.reached).toEqual([]);
    expect(await bed.inspect(id)).toEqual(before);
    expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
    const real = await deploy(name, v2);
    expect(dry.changes).toEqual(real.changes);
    expect(dry.changes).toEqual(
      expect.arrayContaining([
        { field: "Config.Env.MINE", origin: "kept", before: null, after: null },
        { field: "Config.Env.VERSION", origin: "image", before: "1", after: "2" },
        { field: "Config.Env.GONE", origin: "image", before: "yes", after: null },
        { field: "Config.Labels.made", origin: "image", before: "one", after: "two" },
      ]),
    );
  });

  it("believes what a command says of a missing image in a dry run only", async () => {
    const name = `${bed.prefix}-missing`;
    const id = await bed.docker("run", "-d", "--name", name, v1.tag);
    const before = await bed.inspect(id);
    const missing = {
      ...v2,
      reference: `${v2.reference.split("@")[0]}@sha256:${"0".repeat(64)}`,
    };
    const imageConfig = { Env: ["VERSION=3"] };
    const change = { field: "Config.Env.VERSION", origin: "image", before: "1", after: "3" };
    const { changes } = await deploy(name, missing, { dryRun: true, imageConfig });
    expect(changes).toContainEqual(change);
    expect((await failure(deploy(name, missing, { dryRun: true }))).code).toBe("image_missing");
    const command = runCommand(name, missing, { imageConfig });
    const context = journal.begin(command);
    const refused = await failure(replaceContainer(bed.engine, command, context, notSelf, command));
    expect(refused.code).toBe("image_missing");
    expect(context.reached).toEqual([]);
    expect(await bed.inspect(id)).toEqual(before);
  });

  it("says what stands against a deploy before that its image is missing", async () => {
    const missing = { ...v2, reference: `${v2.reference.split("@")[0]}@sha256:${"0".repeat(64)}` };
    const name = `${bed.prefix}-gone-after`;
    await bed.docker("run", "-d", "--rm", "--name", name, v1.tag);
    expect(await failure(deploy(name, missing, { dryRun: true }))).toMatchObject({
      code: "refused",
      message: expect.stringContaining("created with --rm"),
    });
    const nothing = failure(deploy(`${bed.prefix}-nothing`, missing, { dryRun: true }));
    expect((await nothing).code).toBe("not_found");
  });

  it("keeps a paused container paused", async () => {
    const name = `${bed.prefix}-paused`;
    await bed.docker("run", "-d", "--name", name, "--stop-signal", "KILL", v1.tag);
    await bed.docker("pause", name);
    await deploy(name, v2);
    const after = await bed.inspect(name);
    expect(after).toMatchObject({ Image: v2.id, State: { Paused: true } });
  });

  it("replaces one that keeps restarting", async () => {
    const name = `${bed.prefix}-looping`;
    await bed.docker("run", "-d", "--name", name, "--restart", "always", v1.tag, "false");
    await expect.poll(async () => (await bed.inspect(name)).RestartCount).toBeGreaterThan(1);
    await deploy(name, v2).then(
      () => undefined,
      // Its command is the user's and fails in any image: if it has crashed already when it is
      // verified, it is undone.
      (error: unknown) => expect(error).toMatchObject({ code: "exited" }),
    );
    const names = (await bed.names()).filter((one) => one.startsWith(name));
    const { Image: image, State: state, HostConfig: host } = await bed.inspect(name);
    expect(state.Running).toBe(true);
    expect(host.RestartPolicy?.Name).toBe("always");
    expect(names).toHaveLength(image === v2.id ? 2 : 1);
    for (const kept of names.slice(1)) {
      expect(await bed.inspect(kept)).toMatchObject({
        State: { Running: false },
        HostConfig: { RestartPolicy: { Name: "no" } },
      });
    }
  });

  it("replaces a --rm container only where that is allowed, and can put it back", async () => {
    const name = `${bed.prefix}-rm`;
    await bed.docker("run", "-d", "--rm", "--name", name, "-e", "MINE=1", v1.tag);
    expect((await failure(deploy(name, v2))).code).toBe("refused");
    expect((await failure(deploy(name, broken, { allowAutoRemove: true }))).code).toBe(
      "start_failed",
    );
    const restored = await bed.inspect(name);
    expect(restored).toMatchObject({ Image: v1.id, State: { Running: true } });
    expect(restored.Config.Env).toContain("MINE=1");
    expect(restored.HostConfig.AutoRemove).toBe(true);
    await deploy(name, v2, { allowAutoRemove: true });
    const after = await bed.inspect(name);
    expect(after).toMatchObject({ Image: v2.id, HostConfig: { AutoRemove: true } });
    await expect
      .poll(async () => (await bed.names()).filter((one) => one.startsWith(name)))
      .toEqual([name]);
  });

  it("refuses containers that it must not change, and missing ones", async () => {
    const name = `${bed.prefix}-refused`;
    await bed.docker("run", "-d", "--name", name, v1.tag);
    const command = runCommand(name, v2);
    const own = replaceContainer(bed.engine, command, journal.begin(command), () => true);
    expect((await failure(own)).code).toBe("refused");
    expect((await failure(deploy(`${name}-none`, v2))).code).toBe("not_found");
    const missing = { ...v2, reference: v2.reference.replace(/@.*/, `@sha256:${"0".repeat(64)}`) };
    expect((await failure(deploy(name, missing))).code).toBe("image_missing");
    expect((await failure(deploy(name, { ...v2, reference: v2.tag }))).code).toBe("refused");
    expect((await bed.inspect(name)).Image).toBe(v1.id);
  });

  it("is undone when it is cancelled before the switch", async () => {
    const name = `${bed.prefix}-cancelled`;
    const id = await bed.docker("run", "-d", "--name", name, "--restart", "always", v1.tag);
    const abort = new AbortController();
    const command = runCommand(name, v2);
    const context = journal.begin(command, { signal: abort.signal });
    const phase = context.phase.bind(context);
    context.phase = async (...args) => {
      await phase(...args);
      if (args[0] === "rename") abort.abort(new CommandAborted("cancelled"));
    };
    const error = await failure(replaceContainer(bed.engine, command, context, notSelf));
    expect(error.code).toBe("cancelled");
    expect(await bed.inspect(name)).toMatchObject({
      Id: id,
      State: { Running: true },
      HostConfig: { RestartPolicy: { Name: "always" } },
    });
    expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
  });

  it("is undone when the journal cannot be written", async () => {
    const name = `${bed.prefix}-full`;
    const id = await bed.docker("run", "-d", "--name", name, "--restart", "always", v1.tag);
    const command = runCommand(name, v2);
    const context = journal.begin(command);
    const phase = context.phase.bind(context);
    context.phase = async (...args) => {
      if (args[0] !== "prepare")
        throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      await phase(...args);
    };
    const error = await failure(replaceContainer(bed.engine, command, context, notSelf));
    expect(error.code).toBe("disk_full");
    expect(await bed.inspect(name)).toMatchObject({ Id: id, State: { Running: true } });
    expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
  });

  it("creates a service's container from its specification", async () => {
    const name = `${bed.prefix}-spec`;
    const net = `${name}-net`;
    await bed.docker("network", "create", net);
    const spec = {
      Env: ["MINE=1"],
      HostConfig: { RestartPolicy: { Name: "always" } },
      NetworkingConfig: { EndpointsConfig: { [net]: { Aliases: ["front"] }, bridge: {} } },
    };
    const result = await deploy(name, v2, { spec });
    expect(result).toMatchObject({ previousContainerId: null, downtimeMs: null, running: true });
    const after = await bed.inspect(name);
    expect(after.Config.Env).toEqual(expect.arrayContaining(["MINE=1", "VERSION=2"]));
    expect(Object.keys(after.NetworkSettings.Networks ?? {}).sort()).toEqual(["bridge", net]);
    expect(after.HostConfig.RestartPolicy?.Name).toBe("always");
  });
});
