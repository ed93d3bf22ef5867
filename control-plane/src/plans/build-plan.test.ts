import { describe, expect, test } from "vitest";
import { reportOf } from "../inventory/discovered.fixture.ts";
import { before, digest, release, service, target } from "./plan-input.fixture.ts";
import type { PlanInput, PlanInputService, PlanInputTarget } from "./plan-input.ts";

const minute = 60_000;

/** Of one target, as most plans are. */
function build(
  services: PlanInputService[],
  {
    digest: to,
    tag,
    named,
    ...more
  }: Partial<PlanInput & Pick<PlanInputTarget, "digest" | "tag" | "named">> = {},
) {
  const asked = { ...(to && { digest: to }), ...(tag && { tag }), ...(named && { named }) };
  return release([target(services, asked)], more);
}

function stepOf(plan: ReturnType<typeof build>, action: string, position = 0) {
  const step = plan.steps.find(
    (one) => one.action === action && (one.servicePosition ?? 0) === position,
  );
  if (step === undefined) throw new Error(`no ${action}`);
  return step;
}

describe("steps", () => {
  test("pull once for each server and before all else, then deploy and gate each service", () => {
    const plan = build([
      service("web"),
      service("api"),
      service("job", { serverId: "s2", serverName: "two" }),
    ]);
    expect(plan.steps.map(({ action, serverName }) => `${action} ${serverName}`)).toEqual([
      "pull one",
      "pull two",
      "deploy one",
      "health_check one",
      "deploy two",
      "health_check two",
      "deploy one",
      "health_check one",
    ]);
    expect(plan.services.map(({ serviceName }) => serviceName)).toEqual(["api", "job", "web"]);
    expect(plan.steps.map(({ position }) => position)).toEqual([...plan.steps.keys()]);
  });

  test("name the image by digest with its best tag, or with the one asked for", () => {
    const plan = build([service("web")]);
    expect(stepOf(plan, "deploy").body).toMatchObject({
      reference: `registry.test/app:2.0@${digest}`,
    });
    expect(plan.services[0]?.rollbackBody.reference).toBe(`registry.test/app:1.0@${before}`);
    expect(build([service("web")], { tag: "latest" }).targets[0]?.imageTag).toBe("latest");
  });

  test("leave a service its own name of the digest where the filter follows it, unless it is named", () => {
    const both = [service("api", { imageTag: "latest" }), service("web", { imageTag: "1.0" })];
    const references = (plan: ReturnType<typeof build>) =>
      [0, 1].map((position) => stepOf(plan, "deploy", position).body);
    const plan = build(both);
    expect(references(plan)).toMatchObject([
      { reference: `registry.test/app:latest@${digest}` },
      { reference: `registry.test/app:2.0@${digest}` },
    ]);
    expect(plan.services.map(({ imageTag }) => imageTag)).toEqual(["latest", "2.0"]);
    expect(build(both, { named: true }).services.map(({ imageTag }) => imageTag)).toEqual([
      "2.0",
      "2.0",
    ]);
  });

  test("take back exactly the run that the plan orders", () => {
    const plan = build([service("web")]);
    expect(plan.services[0]?.rollbackBody.runCommandId).toBe(stepOf(plan, "deploy").commandId);
  });
});

describe("levels", () => {
  test("put a service after what it depends on", () => {
    const dependencies = [
      { serviceId: "api", dependsOnId: "web", type: "health_before" as const },
      { serviceId: "web", dependsOnId: "db", type: "deploy_after" as const },
    ];
    const plan = build([service("api"), service("db"), service("web")], { dependencies });
    expect(plan.services.map((one) => [one.serviceName, one.level, one.dependsOn])).toEqual([
      ["db", 0, []],
      ["web", 1, [{ position: 0, type: "deploy_after" }]],
      ["api", 2, [{ position: 1, type: "health_before" }]],
    ]);
  });

  test("of a cycle are refused with its path", () => {
    const dependencies = [
      { serviceId: "api", dependsOnId: "web", type: "health_before" as const },
      { serviceId: "web", dependsOnId: "api", type: "health_before" as const },
    ];
    expect(() => build([service("api"), service("web")], { dependencies })).toThrow(/api -> web/);
  });
});

describe("deadlines", () => {
  const deploy = (more: Partial<PlanInputService>) =>
    stepOf(build([service("web", more)]), "deploy").timeoutMs;
  const gateMs = 30_000 + 3 * 5000;

  test("leave half an hour to pull", () => {
    expect(stepOf(build([service("web")]), "pull").timeoutMs).toBe(30 * minute);
  });

  test("leave a container the time that it may take to stop", () => {
    expect(deploy({})).toBe(5 * minute + 10_000);
    const slow = reportOf("web-1", { stopLimitMs: 20 * minute });
    expect(deploy({ container: slow })).toBe(25 * minute);
    expect(deploy({ container: null })).toBe(5 * minute);
  });

  test("of start-first leave it the time to become healthy, its own check's where that is longer", () => {
    const stopLimitMs = 0;
    const quick = reportOf("web-1", { stopLimitMs });
    expect(deploy({ deployOrder: "start-first", container: quick })).toBe(5 * minute + gateMs);
    const slow = reportOf("web-1", { stopLimitMs, checkLimitMs: 15 * minute });
    expect(deploy({ deployOrder: "start-first", container: slow })).toBe(20 * minute);
  });

  test("of a gate follow the service's settings", () => {
    const more = { healthWaitMs: 120_000, healthRetries: 2, healthIntervalMs: 1000 };
    const gate = stepOf(build([service("web", more)]), "health_check");
    expect(gate.timeoutMs).toBe(122_000 + minute);
  });
});

describe("refusals", () => {
  test("nothing to deploy", () => {
    expect(() => build([])).toThrow("No services linked to this image");
  });

  test("name each server that is offline once", () => {
    const away = { serverName: "two", serverId: "s2", serverOnline: false };
    expect(() => build([service("a", away), service("b", away), service("c")])).toThrow(
      /^two is offline/,
    );
  });

  test("a digest that has not the server's platform", () => {
    const platforms = [
      { platform: "linux/arm64/v8", manifestDigest: null, configDigest: null, size: 10 },
    ];
    const only = (wanted: string) =>
      build([service("web", { container: null, serverPlatform: wanted })], {
        digest: {
          id: "d1",
          manifestDigest: digest,
          configDigest: null,
          tags: [],
          size: null,
          platforms,
        },
      });
    expect(() => only("linux/amd64")).toThrow(/for linux\/arm64\/v8, and one needs linux\/amd64/);
    expect(stepOf(only("linux/arm64"), "pull").body).toMatchObject({ sizeBytes: 10 });
  });
});
