import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerInspection, ImageInspection } from "../inspection.ts";
import { sideBySideObstacle } from "../replacement/side-by-side.ts";
import { configFromSpec, linkArgument, newContainerConfig } from "./config.ts";
import { networkSteps } from "./networks.ts";

const id = "0123456789ab".padEnd(64, "c");
const other = "fedcba987654".padEnd(64, "d");
const options = { reference: "app:2@sha256:x", apiVersion: "1.41" };
const oldImage: ImageInspection = { Id: "sha256:old", Config: { Env: ["V=1"] } };
const newImage: ImageInspection = { Id: "sha256:new", Config: { Env: ["V=2"] } };

function container(more: {
  Config?: ContainerInspection["Config"];
  HostConfig?: ContainerInspection["HostConfig"];
  Networks?: ContainerInspection["NetworkSettings"]["Networks"];
  Mounts?: ContainerInspection["Mounts"];
}): ContainerInspection {
  return {
    Id: id,
    Name: "/web",
    Created: "2026-01-01T00:00:00Z",
    Image: oldImage.Id,
    RestartCount: 0,
    State: {
      Status: "running",
      Running: true,
      Paused: false,
      Restarting: false,
      ExitCode: 0,
      StartedAt: "2026-01-01T00:00:00Z",
      FinishedAt: "0001-01-01T00:00:00Z",
    },
    Config: { Image: "app:1", Hostname: id.slice(0, 12), Env: ["V=1"], ...more.Config },
    HostConfig: { NetworkMode: "default", ...more.HostConfig },
    Mounts: more.Mounts ?? [],
    NetworkSettings: { Networks: more.Networks ?? { bridge: {} } },
  };
}

function next(
  of: ContainerInspection,
  more: Partial<Parameters<typeof newContainerConfig>[3]> = {},
) {
  return newContainerConfig(of, oldImage, newImage, { ...options, ...more });
}

describe("the new configuration", () => {
  it("names the image by the plan's reference", () => {
    const { body, changes } = next(container({}));
    expect(body.Image).toBe(options.reference);
    expect(changes).toContainEqual({
      field: "Config.Image",
      origin: "plan",
      before: "app:1",
      after: options.reference,
    });
    expect(changes).toContainEqual({
      field: "Config.Env.V",
      origin: "image",
      before: "1",
      after: "2",
    });
  });

  it("tells that variables are kept, but not their values", () => {
    const { changes } = next(container({ Config: { Env: ["PASSWORD=secret", "V=1"] } }));
    expect(changes).toContainEqual({
      field: "Config.Env.PASSWORD",
      origin: "kept",
      before: null,
      after: null,
    });
    expect(JSON.stringify(changes)).not.toContain("secret");
  });

  it.each([
    ["the short id is not the user's", { Hostname: id.slice(0, 12) }, "default", undefined],
    ["a name is", { Hostname: "db" }, "default", "db"],
    ["the engine's name in the host's network is not", { Hostname: "host1" }, "host", undefined],
    ["another name in the host's network is", { Hostname: "db" }, "host", "db"],
    ["in another container's network none is", { Hostname: "db" }, `container:${other}`, undefined],
  ])("host name: %s", (_, Config, NetworkMode, hostname) => {
    const { body } = next(container({ Config, HostConfig: { NetworkMode } }), {
      engineHostname: "host1",
    });
    expect(body.Hostname).toBe(hostname);
  });

  it("refers to other containers by name", () => {
    const HostConfig = {
      NetworkMode: `container:${other}`,
      IpcMode: `container:${other}`,
      PidMode: `container:${other}`,
      VolumesFrom: [`${other.slice(0, 12)}:ro`, "named", other],
      Links: ["/db:/web/data", "/cache-bp-1234:/web/cache"],
    };
    const containerNames = new Map([
      [other, "provider"],
      ["cache-bp-1234", "cache"],
    ]);
    expect(next(container({ HostConfig }), { containerNames }).body.HostConfig).toEqual({
      NetworkMode: "container:provider",
      IpcMode: "container:provider",
      PidMode: "container:provider",
      VolumesFrom: ["provider:ro", "named", "provider"],
      Links: ["cache:cache", "db:data"],
    });
  });

  it("binds anonymous volumes by name, and nothing else", () => {
    const { body } = next(
      container({
        Config: { Volumes: { "/anon": {} } },
        HostConfig: {
          Binds: ["named:/named", "/host:/host/:ro"],
          Mounts: [
            { Type: "volume", Target: "/mount", VolumeOptions: { NoCopy: true } },
            { Type: "volume", Target: "/sourced", Source: "mine" },
          ],
        },
        Mounts: [
          { Type: "volume", Name: "n0", Destination: "/named" },
          { Type: "bind", Destination: "/host" },
          { Type: "volume", Name: "a1", Destination: "/anon", Mode: "z", RW: false },
          { Type: "volume", Name: "a2", Destination: "/mount" },
          { Type: "volume", Name: "mine", Destination: "/sourced" },
          { Type: "volume", Name: "theirs", Destination: "/theirs" },
        ],
      }),
      { volumesFromOthers: new Set(["theirs"]) },
    );
    expect(body.HostConfig.Binds).toEqual(["named:/named", "/host:/host/:ro", "a1:/anon:z,ro"]);
    expect(body.HostConfig.Mounts).toEqual([
      { Type: "volume", Target: "/mount", Source: "a2", VolumeOptions: { NoCopy: true } },
      { Type: "volume", Target: "/sourced", Source: "mine" },
    ]);
    expect(body.Volumes).toEqual({ "/anon": {} });
  });

  it("names the anonymous volume of a bind without a source", () => {
    const HostConfig = { Binds: ["/data/", "named:/named"] };
    const Mounts = [
      { Type: "volume", Name: "a1", Destination: "/data" },
      { Type: "volume", Name: "named", Destination: "/named" },
    ];
    const { body } = next(container({ HostConfig, Mounts }));
    expect(body.HostConfig.Binds).toEqual(["named:/named", "a1:/data"]);
  });

  it("finds the name of such a volume in its path, where Docker 28 does not tell it", () => {
    const Source = "/var/lib/docker/volumes/a1/_data";
    const Mounts = [{ Type: "volume", Source, Destination: "/data" }];
    const { body } = next(container({ HostConfig: { Binds: ["/data"] }, Mounts }));
    expect(body.HostConfig.Binds).toEqual(["a1:/data"]);
  });

  it("keeps Compose's labels, but for the image's", () => {
    const Labels = { "com.docker.compose.project": "p", "com.docker.compose.image": "sha256:old" };
    expect(next(container({ Config: { Labels } })).body.Labels).toEqual({
      "com.docker.compose.project": "p",
      "com.docker.compose.image": "sha256:new",
    });
  });

  describe("of a container of Compose", () => {
    const key = (name: string): string => `com.docker.compose.${name}`;
    const built = (project: string) => ({ [key("project")]: project, [key("service")]: "web" });
    const image = (labels: Record<string, string>): ImageInspection => ({
      Id: "sha256:image",
      Config: { Labels: labels },
    });
    const composed = { ...built("shop"), [key("container-number")]: "1", mine: "1" };
    const labelsAfter = (
      Labels: Record<string, string>,
      old: Record<string, string>,
      renewed: Record<string, string>,
    ) => {
      const of = container({ Config: { Labels } });
      const { body } = newContainerConfig(of, image(old), image(renewed), options);
      const again = configFromSpec({ ...body }, image(renewed), options);
      expect(again.body.Labels).toEqual(body.Labels);
      return body.Labels;
    };

    it.each([
      ["none", {}],
      ["another project's", built("ci")],
      ["its own", built("shop")],
    ])("keeps its labels where the images carry them too: the new one %s", (_, renewed) => {
      expect(labelsAfter(composed, built("shop"), renewed)).toEqual(composed);
      expect(labelsAfter(composed, composed, renewed)).toMatchObject(built("shop"));
      expect(labelsAfter(composed, {}, renewed)).toEqual(composed);
    });

    it("gets none of Compose's that only the new image has", () => {
      const renewed = { ...built("ci"), [key("oneoff")]: "True", theirs: "1" };
      expect(labelsAfter(composed, built("shop"), renewed)).toEqual({
        ...composed,
        [key("oneoff")]: "",
      });
    });

    it("does not become one because its image was built by Compose", () => {
      expect(labelsAfter({ ...built("shop"), mine: "1" }, built("shop"), built("ci"))).toEqual({
        mine: "1",
      });
      expect(labelsAfter({ mine: "1" }, {}, built("ci"))).toEqual({ mine: "1" });
    });
  });

  it("exposes every published port, whether or not the new image does", () => {
    const exposing = { Id: "sha256:old", Config: { ExposedPorts: { "80/tcp": {}, "81/tcp": {} } } };
    const PortBindings = { "80/tcp": [{ HostPort: "8080" }] };
    const ExposedPorts = { ...exposing.Config.ExposedPorts, "82/tcp": {} };
    const of = container({ Config: { ExposedPorts }, HostConfig: { PortBindings } });
    const { body } = newContainerConfig(of, exposing, newImage, options);
    expect(body.ExposedPorts).toEqual({ "80/tcp": {}, "82/tcp": {} });
    const again = configFromSpec({ ...body }, newImage, options);
    expect(again.body.ExposedPorts).toEqual(body.ExposedPorts);
    const recorded = configFromSpec({ HostConfig: { PortBindings } }, newImage, options);
    expect(recorded.body.ExposedPorts).toEqual({ "80/tcp": {} });
  });

  it("keeps everything if the old image is unknown", () => {
    const { body } = newContainerConfig(container({}), null, newImage, options);
    expect(body.Env).toEqual(["V=1"]);
  });
});

describe("networks", () => {
  const Networks = {
    front: {
      IPAMConfig: { IPv4Address: "10.0.0.2", IPv6Address: "" },
      Aliases: ["web", id.slice(0, 12)],
      Links: ["db:data"],
      DriverOpts: { a: "b" },
      NetworkID: "net1",
      IPAddress: "10.0.0.2",
      Gateway: "10.0.0.1",
      MacAddress: "02:42:0a:00:00:02",
      DNSNames: ["web", "x"],
    },
    back: { IPAMConfig: {}, Aliases: null, IPAddress: "10.0.1.2", MacAddress: "02:42:0a:00:01:02" },
  };
  const front = {
    IPAMConfig: { IPv4Address: "10.0.0.2" },
    Aliases: ["web"],
    Links: ["db:data"],
    DriverOpts: { a: "b" },
  };

  it("are all kept, without what the engine assigned", () => {
    const { body } = next(container({ HostConfig: { NetworkMode: "front" }, Networks }));
    expect(body.NetworkingConfig.EndpointsConfig).toEqual({ front, back: {} });
  });

  it.each([
    ["1.41", "02:11:22:33:44:55", undefined],
    ["1.44", undefined, "02:11:22:33:44:55"],
  ])("carry a configured MAC address in the words of API %s", (apiVersion, ofConfig, ofNetwork) => {
    const Config = { MacAddress: "02:11:22:33:44:55" };
    const { body } = next(container({ Config, HostConfig: { NetworkMode: "front" }, Networks }), {
      apiVersion,
    });
    expect(body.MacAddress).toBe(ofConfig);
    expect(body.NetworkingConfig.EndpointsConfig.front?.MacAddress).toBe(ofNetwork);
    expect(body.NetworkingConfig.EndpointsConfig.back?.MacAddress).toBeUndefined();
  });

  it("are told of where nothing says whether an address was asked for, and get another", () => {
    const macAddresses = { configured: {}, unknown: { back: "02:11:22:33:44:55", third: null } };
    const { body, changes } = next(container({ HostConfig: { NetworkMode: "front" }, Networks }), {
      apiVersion: "1.51",
      macAddresses,
    });
    expect(body.NetworkingConfig.EndpointsConfig.back?.MacAddress).toBeUndefined();
    const lost = changes.filter(({ field }) => field.endsWith(".MacAddress"));
    expect(lost).toEqual([
      {
        field: "NetworkSettings.Networks.back.MacAddress",
        ...{ origin: "plan", before: "02:11:22:33:44:55", after: null },
      },
      {
        field: "NetworkSettings.Networks.third.MacAddress",
        ...{ origin: "plan", before: "not known", after: null },
      },
    ]);
  });

  it("leave out the host name that API 1.44 lists as an alias", () => {
    const named = container({
      Config: { Hostname: "db" },
      HostConfig: { NetworkMode: "front" },
      Networks: { front: { Aliases: ["web", id.slice(0, 12), "db"] } },
    });
    const aliases = (apiVersion: string) =>
      next(named, { apiVersion }).body.NetworkingConfig.EndpointsConfig.front?.Aliases;
    expect(aliases("1.44")).toEqual(["web"]);
    expect(aliases("1.45")).toEqual(["web", "db"]);
  });

  it.each(["host", "none", `container:${other}`])("are none in mode %s", (NetworkMode) => {
    const { body } = next(container({ HostConfig: { NetworkMode }, Networks: { host: {} } }));
    expect(body.NetworkingConfig.EndpointsConfig).toEqual({});
  });

  it("are joined one at create and the rest before the start, by engines before API 1.44", () => {
    const { networks } = next(container({ HostConfig: { NetworkMode: "front" }, Networks }));
    expect(networkSteps(networks, "front", "1.41")).toEqual({
      atCreate: { front },
      connect: [{ network: "back", settings: {} }],
      disconnect: [],
    });
    expect(networkSteps(networks, "front", "1.44")).toEqual({
      atCreate: { front, back: {} },
      connect: [],
      disconnect: [],
    });
  });

  it("do not come back once the user has taken them away", () => {
    const { networks } = next(
      container({
        Networks: { back: { NetworkID: "net2" } },
        HostConfig: { NetworkMode: "bridge" },
      }),
    );
    for (const version of ["1.41", "1.50"]) {
      expect(networkSteps(networks, "bridge", version)).toEqual({
        atCreate: {},
        connect: [{ network: "back", settings: {} }],
        disconnect: ["bridge"],
      });
    }
  });

  it("are known by id as well", () => {
    const NetworkMode = "abcdef012345";
    const joined = container({
      HostConfig: { NetworkMode },
      Networks: { mine: { NetworkID: `${NetworkMode}99` } },
    });
    expect(next(joined).networks.primary).toBe("mine");
    const created = container({
      HostConfig: { NetworkMode },
      Networks: { mine: { NetworkID: "" } },
    });
    expect(next(created).networks.primary).toBe("mine");
  });
});

describe("a specification", () => {
  it("stays as it is, also when it is recorded and read again", () => {
    const spec = {
      ...{ Env: ["V=1", "MINE=1"], Cmd: ["mine"] },
      HostConfig: { NetworkMode: "net", Binds: ["v:/data"] },
      NetworkingConfig: { EndpointsConfig: { net: { Aliases: ["front"] } } },
    };
    const { body } = configFromSpec(spec, newImage, options);
    expect(body).toEqual({ ...spec, Image: options.reference });
    expect(configFromSpec({ ...body }, newImage, options).body).toEqual(body);
  });

  it("is created in the network that it names first", () => {
    const spec = { HostConfig: {}, NetworkingConfig: { EndpointsConfig: { net: {} } } };
    const { body, networks } = configFromSpec(spec, newImage, options);
    expect(body.HostConfig.NetworkMode).toBe("net");
    expect(networks.primary).toBe("net");
    expect(configFromSpec({}, newImage, options).networks.primary).toBe("bridge");
  });
});

describe("running beside another", () => {
  it.each([
    [{ PortBindings: { "80/tcp": [{ HostPort: "8080" }] } }, "host's port 8080"],
    [{ NetworkMode: "host" }, "host's network"],
    [{ NetworkMode: `container:${other}` }, "shares the network"],
  ])("is impossible with %j", (HostConfig, why) => {
    expect(sideBySideObstacle(next(container({ HostConfig })))).toContain(why);
  });

  it("is possible with ports that the engine chooses", () => {
    const HostConfig = { PortBindings: { "80/tcp": [{ HostPort: "" }, { HostPort: "0" }] } };
    expect(sideBySideObstacle(next(container({ HostConfig })))).toBeNull();
  });
});

it("takes links in the engine's form and in the user's", () => {
  expect(linkArgument("/db:/web/data")).toBe("db:data");
  expect(linkArgument("db:data")).toBe("db:data");
  expect(linkArgument("db")).toBe("db");
});

describe("for any host configuration", () => {
  const value = fc.oneof(
    fc.string(),
    fc.nat(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string()),
  );
  const fields = fc.constantFrom("Memory", "CapAdd", "Sysctls", "Ulimits", "NewerField", "Runtime");
  const hostConfig = fc.dictionary(fields, value);

  it("everything is carried over, and a second replacement changes nothing", () => {
    fc.assert(
      fc.property(hostConfig, fc.array(fc.nat(3), { maxLength: 3 }), (host, paths) => {
        const Mounts = [...new Set(paths)].map((path) => ({
          Type: "volume",
          Name: `v${path}`,
          Destination: `/v${path}`,
        }));
        const first = next(container({ HostConfig: { NetworkMode: "default", ...host }, Mounts }));
        expect(first.body.HostConfig).toMatchObject(host);
        const second = next(container({ HostConfig: first.body.HostConfig, Mounts }));
        expect(second.body.HostConfig).toEqual(first.body.HostConfig);
        for (const { Name: name } of Mounts) {
          expect(first.body.HostConfig.Binds?.filter((bind) => bind.startsWith(name))).toHaveLength(
            1,
          );
        }
      }),
    );
  });
});
