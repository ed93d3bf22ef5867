import { describe, expect, it } from "vitest";
import type { Service } from "$lib/api/model.ts";
import { ServiceState } from "./service-state.svelte.ts";

const service = {
  status: "running",
  containerStatus: "running",
  discoveryStatus: "found",
  activePlanId: null,
  deployedDigest: "sha256:1",
} as unknown as Service;
const state = (more: Partial<Service> = {}, refusal: string | null = null) =>
  new ServiceState(
    () => ({ ...service, ...more }),
    () => refusal,
  );

describe("what may be done with its container", () => {
  it("is refused with the first reason", () => {
    expect(state().refusal).toBeNull();
    expect(state({ activePlanId: "p" }, "Your role is viewer.").refusal).toBe(
      "Your role is viewer.",
    );
    expect(state({ activePlanId: "p", status: "unknown" }).refusal).toContain("A plan is at work");
    expect(state({ status: "unknown" }).refusal).toBe("Its server is not connected.");
    expect(state({ discoveryStatus: "missing" }).refusal).toBe("There is no container.");
  });
});

it("tells a container that was updated without being run from one that never was", () => {
  expect(state({ containerStatus: "created" }).updatedNotRun).toBe(true);
  expect(state({ containerStatus: "created", deployedDigest: null }).updatedNotRun).toBe(false);
  expect(state({ containerStatus: "created", activePlanId: "p" }).updatedNotRun).toBe(false);
  expect([state().runs, state({ containerStatus: "created" }).runs]).toEqual([true, false]);
});

it("waits for the service", () => {
  const nothing = new ServiceState(
    () => undefined,
    () => null,
  );
  expect([nothing.refusal, nothing.runs, nothing.stillThere]).toEqual([null, false, false]);
});
