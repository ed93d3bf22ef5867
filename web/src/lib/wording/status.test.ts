import { describe, expect, it } from "vitest";
import { needsCare, planLook, serverLook, serviceLook } from "./status.ts";

const found = {
  discoveryStatus: "found",
  containerStatus: "running",
  healthStatus: "none",
} as const;

describe("serviceLook", () => {
  it.each([
    [{ ...found, healthStatus: "healthy" }, "Healthy"],
    [found, "Running"],
    [{ ...found, healthStatus: "unhealthy" }, "Unhealthy"],
    [{ ...found, containerStatus: "exited" }, "Stopped"],
    [{ ...found, containerStatus: null }, "Unknown"],
    [{ ...found, discoveryStatus: "missing" as const }, "No container"],
  ])("%o", (service, text) => expect(serviceLook(service).text).toBe(text));

  it("asks for attention where something is wrong, not where somebody stopped it", () => {
    expect(needsCare({ ...found, healthStatus: "unhealthy" })).toBe(true);
    expect(needsCare({ ...found, containerStatus: "exited" })).toBe(false);
  });
});

it("says that a running plan is going back", () => {
  expect(planLook({ status: "running", steps: [] }).text).toBe("Running");
  const step = { action: "rollback" } as never;
  expect(planLook({ status: "running", steps: [step] }).text).toBe("Rolling back");
  expect(planLook({ status: "failed", steps: [step] }).text).toBe("Failed");
});

it("does not call a server fine whose engine is gone", () => {
  expect(serverLook({ status: "online", engineError: "no socket" }).tone).toBe("warn");
  expect(serverLook({ status: "online" }).text).toBe("Online");
});
