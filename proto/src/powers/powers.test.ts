import { describe, expect, test } from "vitest";
import { gains, joinedNetworks, nowhere, powersOf, usualPowers } from "./powers.ts";

type HostConfig = Record<string, unknown>;

const around = {
  nameOf: (container: string) => (container === "f00f00f00f00" ? "vpn" : container),
  volumes: new Map([
    ["bound", { driver: "local", options: { type: "none", o: "bind", device: "/srv/secret" } }],
    ["disk", { driver: "local", options: { type: "ext4", device: "/dev/sda1" } }],
    ["over", { driver: "local", options: { type: "overlay", o: "lowerdir=/", device: "overlay" } }],
    ["share", { driver: "local", options: { type: "nfs", o: "addr=10.0.0.1", device: ":/x" } }],
    ["sly", { driver: "local", options: { type: "nfs", o: "rw,bind", device: "/" } }],
    ["sized", { driver: "local", options: { size: "1g" } }],
    ["plain", { driver: "local", options: {} }],
    ["foreign", { driver: "rexray", options: { type: "none", o: "bind", device: "/" } }],
  ]),
  hostNetworked: new Set(["proxy"]),
};

const of = (HostConfig: HostConfig, config = {}) => powersOf({ ...config, HostConfig }, around);
const texts = (powers: ReturnType<typeof of>) =>
  powers.map(({ rule, value }) => `${rule} ${value}`);
/** What a container gets by these settings that no container has without one. */
const gained = (host: HostConfig, config = {}) => texts(gains(of(host, config), usualPowers));

/** One setting each, and what it is called. */
const reaching: [string, HostConfig, string[]][] = [
  ["privileged", { Privileged: true }, ["privileged true"]],
  ["privileged in another type", { Privileged: "1" }, ["privileged true"]],
  ["a bind", { Binds: ["/srv:/srv"] }, ["mounts /srv"]],
  ["a read-only bind", { Binds: ["/srv/:/srv:ro,z"] }, ["mounts /srv:ro"]],
  ["a bind that propagates", { Binds: ["/srv:/srv:rshared"] }, ["mounts /srv:rshared"]],
  ["the engine's socket", { Binds: ["/run/docker.sock:/s"] }, ["mounts /run/docker.sock"]],
  ["a bind of what is no name", { Binds: ["./x:/x"] }, ['mounts "./x"']],
  ["a bind that is no text", { Binds: [{ a: 1 }] as never }, [`mounts ${JSON.stringify('{"a"')}`]],
  [
    "a bind mount",
    { Mounts: [{ Type: "bind", Source: "/etc", Target: "/e", ReadOnly: true }] },
    ["mounts /etc:ro"],
  ],
  [
    "a bind mount with propagation",
    {
      Mounts: [
        { Type: "bind", Source: "/e", Target: "/e", BindOptions: { Propagation: "shared" } },
      ],
    },
    ["mounts /e:shared"],
  ],
  [
    "a bind mount of a path that looks like an option",
    { Mounts: [{ Type: "bind", Source: "/srv:ro", Target: "/e" }] },
    ['mounts "/srv:ro"'],
  ],
  [
    "a mount in another spelling",
    { Mounts: [{ Type: "volume", type: "bind", Source: "/", Target: "/h" }] },
    ['mounts {"Source":"/","Target":"/h","Type":"volume","type":"bind"}'],
  ],
  [
    "a mount of another type",
    { Mounts: [{ Type: "image", Source: "evil", Target: "/h" }] },
    ['mounts {"Source":"evil","Target":"/h","Type":"image"}'],
  ],
  [
    "a volume that binds a path",
    {
      Mounts: [
        {
          Type: "volume",
          Target: "/h",
          VolumeOptions: {
            DriverConfig: { Name: "local", Options: { type: "none", o: "bind", device: "/" } },
          },
        },
      ],
    },
    ["mounts /"],
  ],
  [
    "a volume with options in another spelling",
    {
      Mounts: [
        {
          Type: "volume",
          Target: "/h",
          VolumeOptions: { driverconfig: { Options: { o: "bind" } } },
        },
      ],
    },
    [
      'mounts {"Target":"/h","Type":"volume","VolumeOptions":{"driverconfig":{"Options":{"o":"bind"}}}}',
    ],
  ],
  [
    "a volume of a plugin",
    {
      Mounts: [
        {
          Type: "volume",
          Target: "/h",
          VolumeOptions: { DriverConfig: { Name: "plug", Options: {} } },
        },
      ],
    },
    ['mounts "driver=plug"'],
  ],
  ["an existing volume that binds a path", { Binds: ["bound:/h"] }, ["mounts /srv/secret"]],
  [
    "the same as a mount",
    { Mounts: [{ Type: "volume", Source: "bound", Target: "/h", ReadOnly: true }] },
    ["mounts /srv/secret:ro"],
  ],
  ["an existing volume of a disk", { Binds: ["disk:/h"] }, ["mounts /dev/sda1"]],
  ["an existing volume that binds as a share", { Binds: ["sly:/h"] }, ["mounts /"]],
  [
    "an existing volume of an overlay",
    { Binds: ["over:/h"] },
    [`mounts ${JSON.stringify('{"device":"overlay","o":"lowerdir=/","type":"overlay"}')}`],
  ],
  [
    "volumes of another container",
    { VolumesFrom: ["f00f00f00f00:rw"] },
    ["mounts volumes-from=vpn"],
  ],
  ["the host's network", { NetworkMode: "host" }, ["namespaces network=host"]],
  [
    "the network of a container that is in the host's",
    { NetworkMode: "container:proxy" },
    ["namespaces network=container:proxy"],
  ],
  [
    "a network by path",
    { NetworkMode: "ns:/proc/1/ns/net" },
    ["namespaces network=ns:/proc/1/ns/net"],
  ],
  ["the host's processes", { PidMode: "host" }, ["namespaces pid=host"]],
  ["another's processes", { PidMode: "container:f00f00f00f00" }, ["namespaces pid=container:vpn"]],
  ["the host's IPC", { IpcMode: "host" }, ["namespaces ipc=host"]],
  ["another's IPC", { IpcMode: "container:vpn" }, ["namespaces ipc=container:vpn"]],
  ["the host's name", { UTSMode: "host" }, ["namespaces uts=host"]],
  ["the host's users", { UsernsMode: "host" }, ["namespaces user=host"]],
  ["the host's cgroups", { CgroupnsMode: "host" }, ["namespaces cgroup=host"]],
  ["a capability", { CapAdd: ["CAP_NET_ADMIN"] }, ["capabilities NET_ADMIN"]],
  ["one in small letters", { CapAdd: ["sys_admin"] }, ["capabilities SYS_ADMIN"]],
  ["one that is not known yet", { CapAdd: ["NEW"] }, ["capabilities NEW"]],
  ["all capabilities", { CapAdd: ["ALL"] }, ["capabilities ALL"]],
  [
    "all of them, where to drop them all means nothing",
    { CapAdd: ["ALL"], CapDrop: ["ALL"] },
    ["capabilities ALL"],
  ],
  [
    "a device",
    { Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/f", CgroupPermissions: "rwm" }] },
    ["devices /dev/fuse:mrw"],
  ],
  [
    "a device in another spelling",
    { Devices: [{ pathOnHost: "/dev/sda" }] },
    ['devices {"pathOnHost":"/dev/sda"}'],
  ],
  ["a device request", { DeviceRequests: [{ Count: -1 }] }, ['devices request={"Count":-1}']],
  ["a device rule", { DeviceCgroupRules: ["b *:* rwm"] }, ["devices rule=b *:* rwm"]],
  ["no seccomp", { SecurityOpt: ["seccomp=unconfined"] }, ["security seccomp=unconfined"]],
  [
    "no seccomp, with a colon",
    { SecurityOpt: ["seccomp:unconfined"] },
    ["security seccomp=unconfined"],
  ],
  ["a profile", { SecurityOpt: ['seccomp={"a":1}'] }, ['security seccomp={"a":1}']],
  ["no apparmor", { SecurityOpt: ["apparmor=unconfined"] }, ["security apparmor=unconfined"]],
  ["no labels", { SecurityOpt: ["label=disable"] }, ["security label=disable"]],
  ["open paths", { SecurityOpt: ["systempaths=unconfined"] }, ["security systempaths=unconfined"]],
  [
    "writable cgroups",
    { SecurityOpt: ["writable-cgroups=true"] },
    ["security writable-cgroups=true"],
  ],
  ["another runtime", { Runtime: "nvidia" }, ["runtimes nvidia"]],
  ["a cgroup parent", { CgroupParent: "/system.slice" }, ["settings CgroupParent=/system.slice"]],
  ["a cgroup", { Cgroup: "container:x" }, ["settings Cgroup=container:x"]],
  [
    "a parameter of the host's kernel",
    { Sysctls: { "kernel.core_pattern": "|/x", "net.core.somaxconn": "1" } },
    ["settings Sysctls.kernel.core_pattern=|/x"],
  ],
  ["annotations for the runtime", { Annotations: { a: "b" } }, ["settings Annotations.a=b"]],
  ["a volume plugin", { VolumeDriver: "plug" }, ["settings VolumeDriver=plug"]],
  [
    "a field in another spelling",
    { privileged: true },
    ["privileged true", "settings privileged=true"],
  ],
  [
    "a list in another spelling",
    { capAdd: ["NET_ADMIN"] },
    ["capabilities NET_ADMIN", "settings capAdd=NET_ADMIN"],
  ],
  ["a limit in another spelling", { memory: 1 }, ["settings memory=1"]],
  [
    "a field that is not known yet",
    { Wings: ["a", { b: 1 }] },
    ["settings Wings=a", 'settings Wings={"b":1}'],
  ],
];

describe("what reaches beyond a container", () => {
  test.each(reaching)("%s", (_, host, expected) => {
    expect(gained(host)).toEqual(expected);
  });

  test("masked and read-only paths that are opened", () => {
    const opened = gained({ MaskedPaths: [], ReadonlyPaths: ["/proc/bus", "/proc/fs"] });
    expect(opened).toEqual(
      expect.arrayContaining(["security unmasked=/proc/kcore", "security writable=/proc/sys"]),
    );
    expect(opened).not.toContain("security writable=/proc/fs");
  });

  test.each<[HostConfig, HostConfig, string]>([
    [{}, { maskedpaths: [] }, "security unmasked=/proc/kcore"],
    [{}, { ReadonlyPaths: null, READONLYPATHS: "" }, "security writable=/proc/sys"],
    [{ CapDrop: ["ALL"] }, { CapDrop: ["ALL"], capdrop: [] }, "capabilities NET_RAW"],
    [{ CapDrop: ["ALL"] }, { CapDrop: ["ALL"], capDrop: null }, "capabilities NET_RAW"],
    [{ CapDrop: ["ALL"] }, { capdrop: ["ALL"] }, "capabilities NET_RAW"],
    [
      { SecurityOpt: ["no-new-privileges"] },
      { SecurityOpt: ["no-new-privileges"], securityopt: [] },
      "security no-new-privileges=false",
    ],
    [
      { SecurityOpt: ["no-new-privileges"] },
      { SecurityOpt: ["no-new-privileges"], "\u017fecurityOpt": null },
      "security no-new-privileges=false",
    ],
  ])("after %j an engine may read %j as more: %s", (before, next, gain) => {
    expect(texts(gains(of(next), of(before)))).toContain(gain);
  });

  test("a long value is told by its hash", () => {
    const [profile] = gained({ SecurityOpt: [`seccomp=${"x".repeat(10_000)}`] });
    expect(profile).toMatch(/^security seccomp=sha256:[0-9a-f]{64}$/);
  });

  test.each<[string, string[]]>([
    ["hostConfig", ["privileged true"]],
    ["Binds", []],
    ["image", []],
    ["networkingconfig", []],
  ])("a setting %s beside those of the process, as engines take any spelling", (key, meant) => {
    expect(gained({}, { [key]: { Privileged: true } })).toEqual([
      ...meant,
      `settings ${key}.Privileged=true`,
    ]);
  });

  test("what is in a spelling of letters that engines take for others", () => {
    // U+017F folds to s.
    expect(gained({ "Bind\u017f": ["/:/h"] })).toEqual(["mounts /", "settings Bind\u017f=/:/h"]);
  });

  test.each<[string, HostConfig]>([
    ["nothing", {}],
    ["named and anonymous volumes", { Binds: ["data:/data:ro", "/anonymous"] }],
    [
      "volumes without options, or of other machines",
      { Binds: ["plain:/a", "sized:/b", "share:/c"] },
    ],
    ["a volume of a plugin that is there already", { Binds: ["foreign:/a"] }],
    ["a volume mount", { Mounts: [{ Type: "volume", Source: "data", Target: "/d" }] }],
    ["a tmpfs", { Mounts: [{ Type: "tmpfs", Target: "/t" }], Tmpfs: { "/u": "" } }],
    ["its own network", { NetworkMode: "shop_default" }],
    ["another's network", { NetworkMode: "container:f00f00f00f00" }],
    ["modes of its own", { IpcMode: "private", PidMode: "", CgroupnsMode: "private" }],
    ["dropped capabilities", { CapDrop: ["ALL"], CapAdd: ["NET_BIND_SERVICE"] }],
    [
      "usual filters",
      { SecurityOpt: ["no-new-privileges", "seccomp=builtin", "apparmor=docker-default"] },
    ],
    ["a usual runtime", { Runtime: "runc" }],
    ["its own sysctls", { Sysctls: { "net.core.somaxconn": "1" } }],
    [
      "limits",
      { Memory: 1, NanoCpus: 1, Ulimits: [{ Name: "nofile", Soft: 1, Hard: 1 }], Init: true },
    ],
    ["ports", { PortBindings: { "80/tcp": [{ HostPort: "80" }] }, PublishAllPorts: true }],
    ["empty values of fields that are not known", { Wings: [], More: "", Most: 0 }],
  ])("is not %s", (_, host) => {
    expect(gained(host)).toEqual([]);
  });
});

describe("what a container keeps", () => {
  test.each(reaching)("%s is no gain where it was there before", (_, host) => {
    expect(gains(of(host), of(host))).toEqual([]);
  });

  test("all of it at once, in any order", () => {
    const [whole] = [Object.assign({}, ...reaching.map(([, host]) => host)) as HostConfig];
    const turned = Object.fromEntries(Object.entries(whole).reverse()) as HostConfig;
    expect(gains(of(turned), of(whole))).toEqual([]);
  });

  test.each<[string, HostConfig, HostConfig, string[]]>([
    ["read-only of what was writable", { Binds: ["/s:/s:ro"] }, { Binds: ["/s:/s"] }, []],
    [
      "writable of what was read-only",
      { Binds: ["/s:/s"] },
      { Binds: ["/s:/s:ro"] },
      ["mounts /s"],
    ],
    [
      "writable volumes of another that were read-only",
      { VolumesFrom: ["db"] },
      { VolumesFrom: ["db:ro"] },
      ["mounts volumes-from=db"],
    ],
    [
      "a bound volume that was read-only",
      { Binds: ["bound:/h"] },
      { Binds: ["bound:/h:ro"] },
      ["mounts /srv/secret"],
    ],
    // There could be a link.
    ["a part of a mount", { Binds: ["/s/a:/s"] }, { Binds: ["/s:/s"] }, ["mounts /s/a"]],
    ["a capability of all", { CapAdd: ["SYS_ADMIN"] }, { CapAdd: ["ALL"] }, []],
    ["a dropped one", {}, { CapDrop: ["NET_RAW"] }, ["capabilities NET_RAW"]],
    [
      "one where all were dropped",
      { CapAdd: ["CHOWN", "KILL"], CapDrop: ["ALL"] },
      { CapAdd: ["KILL"], CapDrop: ["ALL"] },
      ["capabilities CHOWN"],
    ],
    [
      "new privileges",
      {},
      { SecurityOpt: ["no-new-privileges:true"] },
      ["security no-new-privileges=false"],
    ],
    [
      "new privileges, said twice",
      { SecurityOpt: ["no-new-privileges", "no-new-privileges=false"] },
      { SecurityOpt: ["no-new-privileges"] },
      ["security no-new-privileges=false"],
    ],
    [
      "the usual profile instead of an own one",
      {},
      { SecurityOpt: ["seccomp={}"] },
      ["security seccomp=default"],
    ],
    ["a profile instead of none", {}, { SecurityOpt: ["seccomp=unconfined"] }, []],
    ["what a privileged one has", { CapAdd: ["ALL"], MaskedPaths: [] }, { Privileged: true }, []],
    ["mounts of a privileged one", { Binds: ["/:/h"] }, { Privileged: true }, ["mounts /"]],
    ["the usual runtime instead of a sandbox", {}, { Runtime: "runsc" }, ["runtimes default"]],
    [
      "more access to a device",
      { Devices: [{ PathOnHost: "/dev/x", CgroupPermissions: "rwm" }] },
      { Devices: [{ PathOnHost: "/dev/x", CgroupPermissions: "r" }] },
      ["devices /dev/x:mrw"],
    ],
    [
      "less access to a device",
      { Devices: [{ PathOnHost: "/dev/x", CgroupPermissions: "r" }] },
      { Devices: [{ PathOnHost: "/dev/x", CgroupPermissions: "rwm" }] },
      [],
    ],
    [
      "another's processes than before",
      { PidMode: "container:db" },
      { PidMode: "container:vpn" },
      ["namespaces pid=container:db"],
    ],
    [
      "the same other's, by id and by name",
      { PidMode: "container:vpn" },
      { PidMode: "container:f00f00f00f00" },
      [],
    ],
  ])("%s", (_, next, before, expected) => {
    expect(texts(gains(of(next), of(before)))).toEqual(expected);
  });

  test("the usual powers are those of an empty configuration", () => {
    expect(usualPowers).toEqual(powersOf({ HostConfig: {} }, nowhere));
    expect(texts([...usualPowers])).toContain("capabilities CHOWN");
  });
});

test("every spelling of a container's network says whose network it joins", () => {
  const body = {
    HostConfig: {
      NetworkMode: "container:one",
      networkmode: "container:two",
      PidMode: "container:x",
    },
    hostconfig: { NETWORKMODE: "container:three", networkMode: "bridge" },
  };
  expect(joinedNetworks(body)).toEqual(["one", "two", "three"]);
  expect(joinedNetworks({ HostConfig: { NetworkMode: 1 } })).toEqual([]);
});
