import { expect, test } from "vitest";
import { takesRegistryTokens } from "./host.ts";

const containerd = [["driver-type", "io.containerd.snapshotter.v1"]];
const graph = [
  ["Backing Filesystem", "extfs"],
  ["Supports d_type", "true"],
];
const none = { ApiVersion: "", Arch: "", BuildTime: new Date(0), Experimental: "" };
const more = { GitCommit: "", GoVersion: "", KernelVersion: "", Os: "" };
const podman = [{ Name: "Podman Engine", Version: "5.8.0", Details: { ...none, ...more } }];

test.each([
  ["20.10.24", graph, true],
  ["24.0.9", containerd, false],
  ["24.0.9", graph, true],
  ["25.0.0", containerd, true],
  ["28.5.2", containerd, true],
])("Docker %s with %j takes a registry's token: %s", (Version, DriverStatus, takes) => {
  expect(takesRegistryTokens({ Version, Components: [] }, { DriverStatus })).toBe(takes);
});

test("Podman does not", () => {
  const version = { Version: "5.8.0", Components: podman };
  expect(takesRegistryTokens(version, { DriverStatus: null })).toBe(false);
});
