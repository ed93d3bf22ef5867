import { expect, test } from "vitest";
import { powersBeyond, powersText } from "./powers.ts";

const beyond = (made: object, written: object | null = null) =>
  powersText(powersBeyond({ HostConfig: made }, written && { HostConfig: written }));

test("a container without settings, and what engines write for one, has nothing beyond", () => {
  expect(beyond({})).toBe("");
  expect(powersText(powersBeyond({}, null))).toBe("");
  const inspected = {
    ...{ Binds: null, CapAdd: null, Privileged: false, SecurityOpt: null, Runtime: "runc" },
    ...{ NetworkMode: "web_default", IpcMode: "private", PidMode: "", CgroupnsMode: "private" },
    ...{ Devices: [], CgroupParent: "", VolumeDriver: "", Sysctls: { "net.core.somaxconn": "1" } },
    ...{ RestartPolicy: { Name: "always" }, Memory: 1024, LogConfig: { Type: "json-file" } },
  };
  expect(beyond(inspected)).toBe("");
});

test.each([
  [{ Privileged: true }, "privileged"],
  [{ privileged: true }, "privileged; settings privileged=true"],
  [{ Privileged: false, PRIVILEGED: true }, "privileged; settings PRIVILEGED=true"],
  [{ Binds: ["/:/host", "data:/data", "/srv/:/srv:ro", "/cache"] }, "mounts /, /srv:ro"],
  [{ bindſ: "/etc:/etc:rshared" }, "mounts /etc:rshared; settings bindſ=/etc:/etc:rshared"],
  [
    {
      Mounts: [
        { Type: "bind", Source: "/srv", Target: "/a", ReadOnly: true },
        { Type: "volume", Source: "data", Target: "/b" },
        { Type: "tmpfs", Target: "/c" },
      ],
    },
    "mounts /srv:ro",
  ],
  [
    { Mounts: [{ Type: "volume", VolumeOptions: { DriverConfig: { Options: { device: "/" } } } }] },
    "mounts /",
  ],
  [{ VolumesFrom: ["other"] }, "mounts volumes-from=other"],
  [{ NetworkMode: "host" }, "namespaces network=host"],
  [{ NetworkMode: "container:vpn" }, "namespaces network=container:vpn"],
  [{ PidMode: "host", IpcMode: "container:db" }, "namespaces pid=host, ipc=container:db"],
  [{ UTSMode: "host", UsernsMode: "host" }, "namespaces uts=host, user=host"],
  [{ CapAdd: ["cap_net_admin", "SYS_ADMIN", "CHOWN"] }, "capabilities NET_ADMIN, SYS_ADMIN"],
  [{ CapAdd: ["ALL"] }, "capabilities ALL"],
  [{ CapDrop: ["ALL"], CapAdd: ["NET_ADMIN"] }, "capabilities NET_ADMIN"],
  [{ Devices: [{ PathOnHost: "/dev/kvm", PathInContainer: "/dev/kvm" }] }, "devices /dev/kvm:mrw"],
  [
    { DeviceRequests: [{ Count: -1 }], DeviceCgroupRules: ["c 1:3 r"] },
    'devices request={"Count":-1}, rule=c 1:3 r',
  ],
  [{ SecurityOpt: ["seccomp:unconfined"] }, "security seccomp=unconfined"],
  [{ SecurityOpt: ["apparmor=unconfined", "no-new-privileges"] }, "security apparmor=unconfined"],
  [
    { ReadonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"] },
    "security writable=/proc/sysrq-trigger",
  ],
  [{ Runtime: "nvidia" }, "runtimes nvidia"],
  [
    { CgroupParent: "/", Sysctls: { "kernel.core_pattern": "|x" } },
    "settings CgroupParent=/, Sysctls.kernel.core_pattern=|x",
  ],
  [{ SomethingNew: true }, "settings SomethingNew=true"],
])("of %j is told: %s", (made, told) => {
  expect(beyond(made)).toBe(told);
});

test.each([
  [{ Binds: ["/srv:/a"] }, { Binds: ["/srv:/b"] }, ""],
  [{ Binds: ["/srv:/a:ro"] }, { Binds: ["/srv:/b"] }, ""],
  [{ Binds: ["/srv:/a"] }, { Binds: ["/srv:/b:ro"] }, "mounts /srv"],
  [{ CapAdd: ["NET_ADMIN"] }, { Privileged: true }, ""],
  [{ Binds: ["/:/a"] }, { Privileged: true }, "mounts /"],
  [{ Privileged: true }, { CapAdd: ["ALL"] }, "privileged"],
  [{}, { Runtime: "runsc" }, "runtimes default"],
  [{}, { CapDrop: ["NET_RAW"] }, "capabilities NET_RAW"],
  [{}, { SecurityOpt: ["no-new-privileges"] }, "security no-new-privileges=false"],
  [{}, { SecurityOpt: ["seccomp=unconfined"] }, ""],
  [{ NetworkMode: "host" }, { NetworkMode: "host" }, ""],
])("%j has beyond %j: %s", (made, written, told) => {
  expect(beyond(made, written)).toBe(told);
});

test("the host's network counts where a list of networks names it", () => {
  const made = { NetworkingConfig: { EndpointsConfig: { host: {} } } };
  expect(powersText(powersBeyond(made, null))).toBe("namespaces network=host");
});

test("values of any type are told of, long ones by their hash, and no more than can be read", () => {
  const odd = { Binds: 5, Mounts: "x", CapAdd: { a: 1 }, Devices: [7], SecurityOpt: [[1]] };
  expect(beyond(odd)).toMatch(/^mounts 5, "x"; capabilities .*; devices 7; security \[1\]=?/);
  expect(beyond({ SecurityOpt: [`seccomp=${"x".repeat(5000)}`] })).toMatch(
    /^security seccomp=sha256:[0-9a-f]{64}$/,
  );
  const binds = Array.from({ length: 60 }, (_, index) => `/${index}:/a`);
  expect(beyond({ Binds: binds })).toMatch(/, \/49 and 10 more$/);
});

test("settings beside those of the host count, and those of the host in another spelling", () => {
  const made = { hostConfig: { Privileged: true }, Wings: 1 };
  expect(powersText(powersBeyond(made, null))).toBe(
    "privileged; settings hostConfig.Privileged=true, Wings=1",
  );
});
