import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestJournal } from "../../test/journal.ts";
import { openTestbed, runCommand, type Testbed, type TestImage } from "../../test/real-engine.ts";
import { CommandFailure } from "../commands/context.ts";
import { replaceContainer } from "./replace.ts";

let bed: Testbed;
let v1: TestImage;
let v2: TestImage;
let broken: TestImage;
const journal = new TestJournal();
const notSelf = (): boolean => false;

beforeAll(async () => {
  bed = await openTestbed();
  v1 = await bed.image(
    "one",
    "ENV VERSION=1",
    "ENV GONE=yes",
    "VOLUME /data",
    "EXPOSE 8080",
    "LABEL made=one",
  );
  v2 = await bed.image(
    "two",
    "ENV VERSION=2",
    "ENV NEW=yes",
    "VOLUME /data",
    "EXPOSE 8080",
    "LABEL made=two",
  );
  broken = await bed.image("broken", "ENV VERSION=3", 'CMD ["no-such-program"]');
});
afterAll(async () => await bed.close());

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
  it("keeps what is the user's and takes the rest from the new image", async () => {
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
    expect(networks[net]?.Aliases).toEqual(["front", after.Id.slice(0, 12)]);
    expect(networks[other]).toMatchObject({ IPAddress: "10.199.8.5" });
    expect(networks[other]?.Aliases).toEqual(["back", after.Id.slice(0, 12)]);
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
});
