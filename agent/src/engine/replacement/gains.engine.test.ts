import { randomUUID } from "node:crypto";
import type { ContainerSpec, RunCommand } from "@bridgeport/proto";
import type { Power } from "@bridgeport/proto/powers";
import { describe, expect, it } from "vitest";
import { TestJournal } from "../../../test/journal.ts";
import { rollbackCommand, runCommand, type TestImage } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed, usualImages } from "../../../test/replacement-bed.ts";
import type { HostPolicy } from "../../host-policy.ts";
import { commitRuns } from "./commit.ts";
import { checkReplaceable } from "./preflight.ts";
import { replaceContainer } from "./replace.ts";
import { rollBack } from "./rollback.ts";

const { v1, v2, bed, newName } = await openReplacementBed({
  v1: usualImages.v1,
  v2: usualImages.v2,
});

/** What a control plane in wrong hands would ask for. */
const everything: ContainerSpec = {
  HostConfig: { Privileged: true, PidMode: "host", Binds: ["/srv:/host"] },
};

interface Asked extends Partial<RunCommand> {
  allows?: HostPolicy["allows"];
  journal?: TestJournal;
}

async function deploy(name: string, image: TestImage, { allows, journal, ...more }: Asked = {}) {
  const command = runCommand(name, image, more);
  const context = (journal ?? new TestJournal()).begin(command, allows ? { allows } : {});
  const options = { dryRun: command.dryRun };
  return {
    runId: context.commandId,
    reached: context.reached,
    result: await replaceContainer(bed.engine, command, context, notSelf, options),
  };
}

async function running(...options: string[]): Promise<string> {
  const name = newName();
  await bed.docker("run", "-d", "--name", name, ...options, v1.reference);
  return name;
}

const refused = (sentence: RegExp) =>
  expect.objectContaining({ code: "refused", message: expect.stringMatching(sentence) });

describe("a new container", () => {
  it.each(["stop-first", "start-first"] as const)(
    "does not get what reaches beyond it (%s)",
    async (order) => {
      const name = newName();
      const deploying = deploy(name, v1, { spec: everything, order });
      await expect(deploying).rejects.toThrow(
        refused(
          /would be a new container that .*: privileged; mounts \/srv; namespaces pid=host\. .* with containers: \{".*": \{privileged: true, mounts: \["\/srv"\], namespaces: \["pid=host"\]\}\} in \/etc\/bridgeport\/agent-policy\.yaml/,
        ),
      );
      expect(await bed.find(name)).toBeNull();
    },
  );

  it("does not get it in a dry run, which says so", async () => {
    const deploying = deploy(newName(), v1, { spec: everything, dryRun: true });
    await expect(deploying).rejects.toThrow(refused(/privileged/));
  });

  it.each<[string, ContainerSpec]>([
    ["in other letters", { HostConfig: { privileged: true } }],
    ["beside the settings of the host", { hostconfig: { Privileged: true } }],
    ["by a name of the host's network", { HostConfig: { NetworkMode: "", Wings: 1 } }],
  ])("does not get it %s, either", async (_, spec) => {
    const name = newName();
    await expect(deploy(name, v1, { spec })).rejects.toThrow(refused(/settings/));
    expect(await bed.find(name)).toBeNull();
  });

  it.each<[string, object, string, RegExp, RegExp]>([
    [
      "open paths of the kernel, by a list in other letters",
      { maskedpaths: [] },
      "/proc/self/mounts",
      /^(?!.*\/proc\/kcore)/s,
      /unmasked=\/proc\/kcore/,
    ],
    [
      "all rights, where it adds all and drops all",
      { CapAdd: ["ALL"], CapDrop: ["ALL"] },
      "/proc/self/status",
      /CapEff:\s[0-9a-f]{10}[2367abef][0-9a-f]{5}/,
      /capabilities ALL\./,
    ],
  ])("does not get %s, which an engine would give it", async (_, HostConfig, file, seen, gain) => {
    const made = await bed.engine.docker.createContainer({
      name: newName(),
      Image: v1.reference,
      HostConfig,
    });
    await made.start();
    expect(await bed.docker("exec", made.id, "cat", file)).toMatch(seen);
    const deploying = deploy(newName(), v1, { spec: { HostConfig } });
    await expect(deploying).rejects.toThrow(refused(gain));
  });

  it.each(["", "default", "bridge"])(
    "does not join the host's network by the list of networks, beside the mode %j",
    async (NetworkMode) => {
      const name = newName();
      const spec = {
        HostConfig: { NetworkMode },
        NetworkingConfig: { EndpointsConfig: { host: {} } },
      };
      await expect(deploy(name, v1, { spec })).rejects.toThrow(refused(/network=host/));
    },
  );

  it("does not join the host's network by its id, which the engine refuses", async () => {
    const name = newName();
    const NetworkMode = await bed.docker("network", "inspect", "host", "--format", "{{.Id}}");
    const deploying = deploy(name, v1, { spec: { HostConfig: { NetworkMode } } });
    await expect(deploying).rejects.toThrow(expect.objectContaining({ code: "start_failed" }));
    expect(await bed.find(name)).toBeNull();
  });

  it("does not get a path of the host by a volume that is there", async () => {
    const name = newName();
    const local = ["--opt", "type=none", "--opt", "o=bind", "--opt", "device=/usr"];
    await bed.docker("volume", "create", ...local, `${name}-usr`);
    const spec = { HostConfig: { Binds: [`${name}-usr:/data`] } };
    await expect(deploy(name, v1, { spec })).rejects.toThrow(refused(/mounts \/usr\./));
  });

  it.each<[string, (mode: string) => ContainerSpec]>([
    ["", (NetworkMode) => ({ HostConfig: { NetworkMode } })],
    [" in other letters", (networkmode) => ({ HostConfig: { NetworkMode: "none", networkmode } })],
    [" beside the settings of the host", (NetworkMode) => ({ hostconfig: { NetworkMode } })],
  ])("does not get the host's network through another container%s", async (_, specOf) => {
    const proxy = await running("--network", "host");
    const name = newName();
    const spec = specOf(`container:${proxy}`);
    const allows: HostPolicy["allows"] = (_container, { rule }) => rule === "settings";
    const deploying = deploy(name, v1, { spec, allows });
    await expect(deploying).rejects.toThrow(refused(/network=container:/));
    expect(await bed.find(name)).toBeNull();
  });

  it("gets what the owner of the server allows", async () => {
    const name = newName();
    const allows = (container: string, { rule, value }: Power): boolean =>
      container === name && rule === "mounts" && value === "/tmp:ro";
    const spec = { HostConfig: { Binds: ["/tmp:/host:ro"] } };
    await deploy(name, v1, { spec, allows });
    expect((await bed.inspect(name)).HostConfig.Binds).toEqual(["/tmp:/host:ro"]);
  });

  it.each(["/var/lib/bridgeport-agent", "/var/lib", "/etc/bridgeport", "/", "/etc//bridgeport/"])(
    "never gets the agent's own files, whatever the owner allows: %s",
    async (path) => {
      const name = newName();
      const spec = { HostConfig: { Binds: [`${path}:/own:ro`] } };
      const deploying = deploy(name, v1, { spec, allows: () => true });
      await expect(deploying).rejects.toThrow(
        refused(/where the agent of this server has its own/),
      );
      expect(await bed.find(name)).toBeNull();
    },
  );

  it("gets volumes, networks, ports and limits as before", async () => {
    const name = newName();
    const HostConfig = { Binds: [`${name}:/data`], Memory: 64 * 1024 * 1024, CapDrop: ["NET_RAW"] };
    const { result } = await deploy(name, v1, { spec: { HostConfig } });
    expect(result).toMatchObject({ running: true });
    const again = await deploy(newName(), v1, {
      spec: { ...result.spec, HostConfig: { ...HostConfig, Binds: [] } },
    });
    expect(again.result).toMatchObject({ running: true });
  });

  it("is created from the record of one that had nothing that reaches beyond it", async () => {
    const name = await running("--memory", "64m");
    const { result } = await deploy(name, v2);
    await bed.docker("rm", "--force", name);
    await deploy(name, v2, { spec: result.spec });
    expect((await bed.inspect(name)).State.Running).toBe(true);
  });
});

describe("a container that is replaced", () => {
  it("keeps all that it had", async () => {
    const options = [
      ...["--privileged", "--pid", "host", "--ipc", "host", "--uts", "host", "--network", "host"],
      ...["-v", "/etc/bridgeport:/own:ro", "-v", "/tmp:/host", "--device", "/dev/null"],
      ...["--mount", "type=bind,source=/usr,target=/u,readonly", "--cgroup-parent", "/bridgeport"],
    ];
    const name = await running(...options);
    const before = (await bed.inspect(name)).HostConfig;
    await checkReplaceable(
      bed.engine,
      {
        kind: "pull",
        ...{ reference: v2.reference, platform: null, credentials: null },
        ...{ sizeBytes: null, platforms: [] },
        containers: [
          { containerName: name, ports: [], order: "stop-first", allowAutoRemove: false },
        ],
      },
      new TestJournal().begin(runCommand(name, v2)),
      notSelf,
    );
    await deploy(name, v2);
    const { HostConfig: after, Image } = await bed.inspect(name);
    expect(Image).toBe(v2.id);
    expect(after).toMatchObject({
      Privileged: true,
      PidMode: "host",
      Binds: before.Binds,
      Mounts: before.Mounts,
      CgroupParent: "/bridgeport",
    });
  });

  it.each([
    ["capabilities", ["--cap-add", "NET_ADMIN", "--cap-drop", "CHOWN"]],
    ["filters", ["--security-opt", "seccomp=unconfined", "--security-opt", "no-new-privileges"]],
    ["open paths", ["--security-opt", "systempaths=unconfined"]],
    ["devices", ["--device", "/dev/null:/dev/x:r", "--device-cgroup-rule", "c 1:3 r"]],
    ["anonymous volumes", ["-v", "/data"]],
    ["a runtime", ["--runtime", "runc"]],
    ["sysctls", ["--sysctl", "net.ipv4.ip_forward=1"]],
  ])("keeps its %s", async (_, options) => {
    const name = await running(...options);
    const { result } = await deploy(name, v2);
    expect(result).toMatchObject({ imageId: v2.id, running: true });
  });

  it("does not get more by a rollback whose specification says so, and runs on", async () => {
    const name = await running();
    const journal = new TestJournal();
    const { runId } = await deploy(name, v2, { journal });
    await commit(name, runId, journal);
    const { Id: id, State: state } = await bed.inspect(name);
    const rolling = rollBackTo(v1, { name, runId, journal, spec: everything });
    await expect(rolling).rejects.toThrow(
      refused(/the container that it replaces does not have: pri/),
    );
    const after = await bed.inspect(name);
    expect(after).toMatchObject({ Id: id, State: { StartedAt: state.StartedAt, Running: true } });
    expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
  });

  it("is put back with all that it had, as it is kept", async () => {
    const name = await running("--privileged", "-v", "/tmp:/host");
    const { Id: id } = await bed.inspect(name);
    const journal = new TestJournal();
    const { runId } = await deploy(name, v2, { journal });
    await rollBackTo(v1, { name, runId, journal, spec: null });
    expect((await bed.inspect(name)).Id).toBe(id);
  });

  it("is made again by a rollback with what the agent itself knows that it had", async () => {
    const name = await running("--privileged");
    const journal = new TestJournal();
    const { runId, result } = await deploy(name, v2, { journal });
    await commit(name, runId, journal);
    await bed.docker("rm", "--force", name);
    const lying = { ...result.spec, HostConfig: { Privileged: true, Binds: ["/srv:/host"] } };
    const rolling = rollBackTo(v1, { name, runId, journal, spec: lying });
    await expect(rolling).rejects.toThrow(refused(/does not have: mounts \/srv\./));
    await rollBackTo(v1, { name, runId, journal, spec: result.spec });
    expect((await bed.inspect(name)).HostConfig.Privileged).toBe(true);
  });

  it("lends what it had to no other container, by the id of its deploy", async () => {
    const name = await running("--privileged");
    const journal = new TestJournal();
    const { runId, result } = await deploy(name, v2, { journal });
    await commit(name, runId, journal);
    const other = newName();
    const rolling = rollBackTo(v1, { name: other, runId, journal, spec: result.spec });
    await expect(rolling).rejects.toThrow(refused(/That deploy was of/));
    expect(await bed.find(other)).toBeNull();
  });
});

describe("dependents", () => {
  it("keep what they had when they are re-created", async () => {
    const name = await running();
    const sidecar = newName();
    const own = ["--privileged", "-v", "/tmp:/host", "--pid", `container:${name}`];
    await bed.docker(
      ...["run", "-d", "--name", sidecar, "--network", `container:${name}`, ...own],
      v1.reference,
    );
    const { result } = await deploy(name, v2);
    expect(result.recreatedDependents).toEqual([sidecar]);
    expect((await bed.inspect(sidecar)).HostConfig).toMatchObject({
      Privileged: true,
      Binds: ["/tmp:/host"],
    });
  });
});

async function commit(name: string, runId: string, journal: TestJournal): Promise<void> {
  const command = {
    kind: "commit" as const,
    serviceId: randomUUID(),
    ...{ containerName: name, runCommandIds: [runId], currentImageId: null, previousImageId: null },
  };
  await commitRuns(bed.engine, command, journal.begin(command));
}

async function rollBackTo(
  image: TestImage,
  {
    name,
    runId,
    journal,
    spec,
  }: { name: string; runId: string; journal: TestJournal; spec: ContainerSpec | null },
): Promise<void> {
  const command = rollbackCommand(name, runId, image, { spec });
  await rollBack(bed.engine, command, journal.begin(command), notSelf);
}
