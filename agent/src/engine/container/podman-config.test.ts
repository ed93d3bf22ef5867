import { describe, expect, it } from "vitest";
import type { ContainerInspection, ProcessConfig } from "../inspection.ts";
import { losesWithPodman, specForPodman, withoutPodmansOwn } from "./podman-config.ts";

function container(config: ProcessConfig, networks: string[] = ["podman"]): ContainerInspection {
  return {
    Id: "0123456789abcdef",
    Config: { Hostname: "0123456789ab", ...config },
    HostConfig: {
      NetworkMode: "bridge",
      Annotations: {
        ...{ "io.container.manager": "libpod", "org.systemd.property.KillSignal": "15" },
        ...{ "io.podman.annotations.pids-limit": "0", mine: "yes" },
      },
    },
    NetworkSettings: { Networks: Object.fromEntries(networks.map((name) => [name, {}])) },
  } as unknown as ContainerInspection;
}

const own = (config: ProcessConfig, image: ProcessConfig = {}): ProcessConfig =>
  withoutPodmansOwn(container(config), { Config: image }).Config;

describe("what Podman writes into a container's configuration", () => {
  it("is left out of its environment, unless the image says the same", () => {
    const Env = ["container=podman", "HOSTNAME=0123456789ab", "MINE=1"];
    expect(own({ Env }).Env).toEqual(["MINE=1"]);
    expect(own({ Env: ["HOSTNAME=web"] }).Env).toEqual(["HOSTNAME=web"]);
    expect(own({ Env }, { Env: ["container=podman"] }).Env).toEqual(["container=podman", "MINE=1"]);
  });

  it("is no setting of the user's where the image leaves it out", () => {
    expect(own({ WorkingDir: "/", StopSignal: "15" })).toMatchObject({
      WorkingDir: "",
      StopSignal: "",
    });
    expect(own({ StopSignal: "2" }, { StopSignal: "SIGINT" }).StopSignal).toBe("SIGINT");
    const Healthcheck = { Test: ["CMD", "true"], Interval: 30e9, Timeout: 30e9, Retries: 3 };
    expect(own({ Healthcheck }, { Healthcheck: { Test: ["CMD", "true"] } }).Healthcheck).toEqual({
      Test: ["CMD", "true"],
    });
  });

  it("is the user's where it differs from the image's", () => {
    const image = { WorkingDir: "/srv", StopSignal: "SIGINT", Healthcheck: { Retries: 5 } };
    const config = { WorkingDir: "/", StopSignal: "15", Healthcheck: { Retries: 3 } };
    expect(own(config, image)).toMatchObject(config);
  });

  it("names the network of its mode, and only the user's annotations", () => {
    for (const [networks, mode] of [
      [["podman"], "podman"],
      [["shop"], "shop"],
      [["a", "podman"], "podman"],
      [[], "podman"],
    ] as const) {
      const { HostConfig: host } = withoutPodmansOwn(container({}, [...networks]), null);
      expect(host).toEqual({ NetworkMode: mode, Annotations: { mine: "yes" } });
    }
  });

  it("is Docker's own word in a container of Docker's", () => {
    const docker = { ...container({ WorkingDir: "/" }), HostConfig: { NetworkMode: "bridge" } };
    expect(withoutPodmansOwn(docker, null)).toBe(docker);
  });
});

it("a specification's network bridge is Podman's podman", () => {
  const spec = {
    HostConfig: { NetworkMode: "bridge", Memory: 1 },
    NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: ["a"] }, shop: {} } },
  };
  expect(specForPodman(spec)).toEqual({
    HostConfig: { NetworkMode: "podman", Memory: 1 },
    NetworkingConfig: { EndpointsConfig: { podman: { Aliases: ["a"] }, shop: {} } },
  });
  expect(specForPodman({ HostConfig: { NetworkMode: "host" } })).toMatchObject({
    HostConfig: { NetworkMode: "host" },
  });
});

it("a file loses something unless everyone may read it", () => {
  const facts = (type: "file" | "directory" | "symlink", permissions: number) =>
    losesWithPodman({ path: "/x", type, permissions, size: 1, modifiedAt: 0n });
  expect([facts("file", 0o644), facts("directory", 0o755)]).toEqual([false, false]);
  expect([facts("file", 0o640), facts("directory", 0o754), facts("symlink", 0o777)]).toEqual([
    ...[true, true, true],
  ]);
});
