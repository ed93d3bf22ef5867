import type { ContainerInfo } from "dockerode";
import { describe, expect, test } from "vitest";
import { armVariant } from "../host.ts";
import type { ContainerInspection, ImageInspection } from "../inspection.ts";
import { isPodman } from "../podman.ts";
import { parseEvent } from "./events.ts";
import { containerReport, imageFacts, listedReport, unknownImage, unknownNow } from "./report.ts";

interface Inspection {
  State?: object;
  Config?: object;
  HostConfig?: object;
  NetworkSettings?: object;
}

function report(more: Inspection) {
  const { State, Config, HostConfig, NetworkSettings } = more;
  const container = {
    Id: "abc",
    Name: "/web",
    Image: "sha256:1",
    Created: "2026-01-02T03:04:05.678901234Z",
    RestartCount: 2,
    State: {
      Status: "exited",
      Running: false,
      ExitCode: 3,
      StartedAt: "0001-01-01T00:00:00Z",
      FinishedAt: "0001-01-01T00:00:00Z",
      ...State,
    },
    Config: { Image: "app:1", ...Config },
    HostConfig: { ...HostConfig },
    NetworkSettings: { ...NetworkSettings },
  };
  return containerReport(container as ContainerInspection, unknownImage, true);
}

describe("a container's report", () => {
  test("takes the engine's words for what they mean", () => {
    expect(report({})).toEqual({
      id: "abc",
      name: "web",
      imageName: "app:1",
      imageId: "sha256:1",
      repoDigests: [],
      imageNames: [],
      state: "exited",
      health: "none",
      exitCode: 3,
      restartCount: 2,
      createdAt: Date.parse("2026-01-02T03:04:05.678Z"),
      startedAt: null,
      finishedAt: null,
      labels: {},
      ports: [],
      self: true,
      autoRemove: false,
      imagePlatform: null,
      needs: [],
      stopLimitMs: 10_000,
      checkLimitMs: 0,
    });
  });

  test("tells whose namespaces it lives in, and whom it is linked to", () => {
    const HostConfig = { NetworkMode: "container:abc", PidMode: "host", Links: ["/db:/web/db"] };
    expect(report({ HostConfig }).needs).toEqual(["abc", "db"]);
  });

  test("calls unknown what it does not know", () => {
    const strange = report({ State: { Status: "hibernating", Health: { Status: "thinking" } } });
    expect(strange).toMatchObject({ state: "unknown", health: "unknown" });
  });

  test.each([
    [null, 10_000],
    [0, 0],
    [900, 900_000],
    [-1, 3_600_000],
  ])("a stop timeout of %j s is a limit of %i ms", (StopTimeout, expected) => {
    expect(report({ Config: { StopTimeout } }).stopLimitMs).toBe(expected);
  });

  test.each([
    [["NONE"], 0],
    [[], 0],
    [["CMD", "true"], 640_000],
    [["CMD-SHELL", "true"], 640_000],
  ])("a health check of %j may take %i ms", (Test, expected) => {
    const check = { Test, StartPeriod: 600e9, Interval: 10e9, Retries: 4 };
    expect(report({ Config: { Healthcheck: check } }).checkLimitMs).toBe(expected);
  });

  test("shows what a running container publishes, on both address families", () => {
    const { ports } = report({
      State: { Running: true, Status: "running" },
      Config: { ExposedPorts: { "443/tcp": {}, "9000/udp": {} } },
      HostConfig: { PortBindings: { "443/tcp": [{ HostIp: "", HostPort: "" }] } },
      NetworkSettings: {
        Ports: {
          "443/tcp": [
            { HostIp: "0.0.0.0", HostPort: "49153" },
            { HostIp: "::", HostPort: "49153" },
          ],
          "9000/udp": null,
        },
      },
    });
    expect(ports).toEqual([
      { containerPort: 443, hostPort: 49153, hostIp: "0.0.0.0", protocol: "tcp" },
      { containerPort: 443, hostPort: 49153, hostIp: "::", protocol: "tcp" },
      { containerPort: 9000, hostPort: null, hostIp: null, protocol: "udp" },
    ]);
  });

  test("shows what a stopped container will publish", () => {
    const { ports } = report({
      HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }] } },
      NetworkSettings: { Ports: {} },
    });
    expect(ports).toEqual([
      { containerPort: 80, hostPort: 8080, hostIp: "127.0.0.1", protocol: "tcp" },
    ]);
  });
});

describe("a container that the engine lists and cannot describe", () => {
  const listed = {
    Id: "abc",
    Names: ["/proxy/web", "/web"],
    Image: "app:1",
    ImageID: "sha256:1",
    Created: 1_700_000_000,
    Labels: { owner: "tests" },
    State: "running",
    Status: "Up 2 hours",
    Ports: [
      { IP: "::", PrivatePort: 443, PublicPort: 49153, Type: "tcp" },
      { PrivatePort: 9000, Type: "udp" },
      { IP: "0.0.0.0", PrivatePort: 443, PublicPort: 49153, Type: "tcp" },
    ],
  } as unknown as ContainerInfo;

  test("is reported by what the list says, as unknown", () => {
    expect(listedReport(listed, unknownImage, false)).toMatchObject({
      id: "abc",
      name: "web",
      imageName: "app:1",
      imageId: "sha256:1",
      state: "unknown",
      health: "unknown",
      createdAt: 1_700_000_000_000,
      labels: { owner: "tests" },
      ports: [
        { containerPort: 443, hostPort: 49153, hostIp: "0.0.0.0", protocol: "tcp" },
        { containerPort: 443, hostPort: 49153, hostIp: "::", protocol: "tcp" },
        { containerPort: 9000, hostPort: null, hostIp: null, protocol: "udp" },
      ],
    });
  });

  test("keeps what was known of it and cannot change", () => {
    const HostConfig = { NetworkMode: "container:other", AutoRemove: true };
    const before = report({ HostConfig, Config: { Image: "app:1" } });
    expect(unknownNow(before, listed)).toMatchObject({
      name: "web",
      state: "unknown",
      health: "unknown",
      needs: ["other"],
      autoRemove: true,
    });
  });
});

describe("an image's facts", () => {
  const facts = (image: object) => imageFacts(image as ImageInspection);

  test("are its digests, in a stable order, and its platform", () => {
    expect(
      facts({
        RepoDigests: ["b@sha256:2", "a@sha256:1"],
        Os: "linux",
        Architecture: "arm",
        Variant: "v7",
      }),
    ).toEqual({
      repoDigests: ["a@sha256:1", "b@sha256:2"],
      names: ["a@sha256:1", "b@sha256:2"],
      platform: "linux/arm/v7",
    });
  });

  test("name it as the engine does, by tag first, and not as the agent keeps it", () => {
    const RepoTags = ["shop/app:v2", "<none>:<none>", "bridgeport.local/keep/1:current", "app:v1"];
    const RepoDigests = ["shop/app@sha256:1", "<none>@<none>"];
    expect(facts({ RepoTags, RepoDigests }).names).toEqual([
      "app:v1",
      "shop/app:v2",
      "shop/app@sha256:1",
    ]);
  });

  test("are empty where the engine says nothing", () => {
    expect(facts({ RepoDigests: null, Os: "", Architecture: "" })).toEqual(unknownImage);
  });
});

describe("an event", () => {
  const line = (value: object) => JSON.stringify(value);

  test("names what it is about", () => {
    const text = line({
      Type: "container",
      Action: "health_status: healthy",
      Actor: { ID: "abc" },
    });
    expect(parseEvent(text)).toEqual({
      type: "container",
      action: "health_status: healthy",
      id: "abc",
    });
  });

  test("means the same in Podman's words", () => {
    const id = "a".repeat(64);
    expect(parseEvent(line({ Type: "container", Action: "remove", Actor: { ID: id } }))).toEqual({
      type: "container",
      action: "destroy",
      id,
    });
    expect(parseEvent(line({ Type: "image", Action: "untag", Actor: { ID: id } }))).toEqual({
      type: "image",
      action: "untag",
      id: `sha256:${id}`,
    });
  });

  test.each([
    ["", "an empty line"],
    ["{", "half a line"],
    [line({ Type: "network", Action: "connect", Actor: { ID: "n" } }), "a network"],
    [line({ Type: "container", Action: "exec_start: sh", Actor: { ID: "abc" } }), "an exec"],
    [line({ Type: "container", Action: "start" }), "nobody"],
  ])("%s (%s) is none", (text) => {
    expect(parseEvent(text)).toBeNull();
  });
});

test("only 32-bit ARM has a variant", () => {
  expect(armVariant("arm", "armv7l")).toBe("v7");
  expect(armVariant("arm", "unknown")).toBeNull();
  expect(armVariant("arm64", "aarch64")).toBeNull();
  expect(armVariant("amd64", "x86_64")).toBeNull();
});

test("Podman is told from Docker by what it names among its parts", () => {
  const parts = (...names: string[]) =>
    isPodman({ Components: names.map((Name) => ({ Name, Version: "1", Details: {} })) } as never);
  expect(parts("Podman Engine", "Conmon", "OCI Runtime (crun)")).toBe(true);
  expect(parts("Engine", "containerd", "runc", "docker-init")).toBe(false);
  expect(isPodman({} as never)).toBe(false);
});
