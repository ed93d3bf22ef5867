import { describe, expect, test } from "vitest";
import type { NewConfig } from "../container/config.ts";
import type { ContainerInspection, HostConfig, MountPoint } from "../inspection.ts";
import { mayStartDuringCleanup, sideBySideObstacle } from "./side-by-side.ts";

interface Case {
  host?: HostConfig;
  endpoints?: NewConfig["networks"]["endpoints"];
  mac?: string;
  hostname?: string;
}

function config({ host = {}, endpoints = {}, mac, hostname }: Case): NewConfig {
  const body = { HostConfig: host, MacAddress: mac, Hostname: hostname };
  return { body, networks: { endpoints }, changes: [] } as unknown as NewConfig;
}

function container(
  state: Partial<ContainerInspection["State"]> = {},
  mounts: MountPoint[] = [],
): ContainerInspection {
  const running = { Running: true, Paused: false, Restarting: false, ...state };
  return { State: running, Mounts: mounts } as ContainerInspection;
}

const port = (host: string): HostConfig => ({ PortBindings: { "80/tcp": [{ HostPort: host }] } });

describe("why two containers of one configuration cannot run in parallel", () => {
  test.each<[string, Case, RegExp | null]>([
    ["nothing", {}, null],
    ["a port that the engine chooses", { host: port("") }, null],
    ["a range of ports", { host: port("8000-8010") }, null],
    ["a fixed port", { host: port("8080") }, /port 8080/],
    ["the host's network", { host: { NetworkMode: "host" } }, /host's network/],
    ["another's network", { host: { NetworkMode: "container:db" } }, /network of db/],
    [
      "a fixed address",
      { endpoints: { back: { IPAMConfig: { IPv4Address: "10.0.0.9" } } } },
      /10\.0\.0\.9 in the network back/,
    ],
    ["a fixed MAC", { endpoints: { back: { MacAddress: "02:00:00:00:00:09" } } }, /MAC/],
    ["a fixed MAC of older engines", { mac: "02:00:00:00:00:09" }, /MAC/],
    [
      "a host name, where names are resolved",
      { hostname: "db", endpoints: { bridge: {}, back: {} } },
      /host name db .* in the network back/,
    ],
    ["a host name, where none are", { hostname: "db", endpoints: { bridge: {} } }, null],
    ["no host name", { endpoints: { back: {} } }, null],
  ])("%s", (_, given, why) => {
    const obstacle = sideBySideObstacle(config(given));
    if (why === null) expect(obstacle).toBeNull();
    else expect(obstacle).toMatch(why);
  });
});

describe("whether the next container may start while the engine cleans up", () => {
  const volume = (driver: string): MountPoint => ({
    Type: "volume",
    Driver: driver,
    Destination: "/data",
  });
  test.each<[string, Case, ContainerInspection, boolean]>([
    ["nothing is shared", {}, container(), true],
    ["a local volume", {}, container({}, [volume("local")]), true],
    ["a bind", {}, container({}, [{ Type: "bind", Destination: "/etc/app" }]), true],
    ["a plugin's volume", {}, container({}, [volume("rexray")]), false],
    ["a range of ports", { host: port("8000-8010") }, container(), false],
    ["a port that the engine chooses", { host: port("") }, container(), false],
    ["the host's network", { host: { NetworkMode: "host" } }, container(), false],
    ["--rm", { host: { AutoRemove: true } }, container(), false],
    ["paused", {}, container({ Paused: true }), false],
    ["a host name", { hostname: "db", endpoints: { back: {} } }, container(), true],
    ["restarting", {}, container({ Restarting: true }), false],
  ])("%s", (_, given, previous, expected) => {
    expect(mayStartDuringCleanup(config(given), previous)).toBe(expected);
  });
});
