import { expect, test } from "vitest";
import { type ServiceStatus, type StatusFacts, serviceStatus } from "./status.ts";

const container = { state: "running", health: "none", exitCode: 0 } as const;
const facts: StatusFacts = {
  inActivePlan: false,
  everFound: true,
  discoveryStatus: "found",
  serverOnline: true,
  container,
};

test.each<[ServiceStatus, Partial<StatusFacts>]>([
  ["running", {}],
  ["deploying", { inActivePlan: true, container: null }],
  ["not_created", { everFound: false, discoveryStatus: "missing", container: null }],
  ["missing", { discoveryStatus: "missing", container: null }],
  ["missing", { container: null }],
  ["unknown", { serverOnline: false }],
  ["healthy", { container: { ...container, health: "healthy" } }],
  ["starting", { container: { ...container, health: "starting" } }],
  ["unhealthy", { container: { ...container, health: "unhealthy" } }],
  ["restarting", { container: { ...container, state: "restarting", exitCode: 1 } }],
  ["paused", { container: { ...container, state: "paused" } }],
  ["stopped", { container: { ...container, state: "exited" } }],
  ["stopped", { container: { ...container, state: "exited", exitCode: 143 } }],
  ["failed", { container: { ...container, state: "exited", exitCode: 2 } }],
  ["failed", { container: { ...container, state: "dead" } }],
  ["stopped", { container: { ...container, state: "created" } }],
  ["unknown", { container: { ...container, state: "unknown" } }],
])("%s", (status, more) => {
  expect(serviceStatus({ ...facts, ...more })).toBe(status);
});
