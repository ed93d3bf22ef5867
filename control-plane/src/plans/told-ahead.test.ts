import type { ContainerSpec, PullCommand, RunCommand } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { gateOf } from "../services/gate.ts";
import { toldAhead } from "./told-ahead.ts";

const pull = (serverId: string, ...names: string[]) => ({
  serverId,
  body: {
    kind: "pull",
    reference: "app@sha256:1",
    ...{ platform: null, credentials: null, sizeBytes: null, platforms: [] },
    containers: names.map((containerName) => ({
      ...{ containerName, ports: [], order: "stop-first" as const, allowAutoRemove: false },
    })),
  } satisfies PullCommand,
});
const deploy = (serverId: string, containerName: string, spec: ContainerSpec | null) => ({
  serverId,
  body: {
    kind: "run",
    ...{ serviceId: containerName, containerName, reference: "app@sha256:1", spec },
    ...{ order: "stop-first", allowAutoRemove: false, dryRun: false, imageConfig: null },
    gate: gateOf({
      ...{ healthWaitMs: null, healthRetries: 0, healthIntervalMs: 0 },
      ...{ healthCheckUrl: null, healthProbe: "eager" },
    }),
    expectedImageIds: [],
  } satisfies RunCommand,
});

test("a pull tells what containers are created from, but not what stays in them", () => {
  const HostConfig = { Privileged: true };
  const steps = [
    pull("one", "new", "there"),
    deploy("one", "new", { HostConfig, Env: ["PASSWORD=x"], Cmd: ["x"], Labels: { a: "b" } }),
    deploy("one", "there", null),
    pull("two", "there"),
    deploy("two", "there", { HostConfig: {} }),
  ];
  const told = steps.map((step) => toldAhead(step, steps));
  expect(told[0]).toMatchObject({ kind: "pull", reference: "app@sha256:1" });
  const specs = told.map((body) => body.kind === "pull" && body.containers.map(({ spec }) => spec));
  expect(specs[0]).toEqual([{ HostConfig, Labels: { a: "b" } }, undefined]);
  expect(specs[3]).toEqual([{ HostConfig: {} }]);
  expect(told[1]).toBe(steps[1]?.body);
});
