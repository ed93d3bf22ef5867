import { describe, expect, it } from "vitest";
import type { Plan, PlanService, PlanStep } from "$lib/api/model.ts";
import { laneGroups, tellingStep } from "./lanes.ts";

const at = (second: number) => new Date(second * 1000).toISOString();
const service = (name: string): PlanService => ({
  id: name,
  name,
  serverId: "e1",
  serverName: "edge-1",
  containerName: name,
  level: 0,
  batch: 1,
  previousDigest: null,
  previousDigestId: null,
  previousImageTag: null,
  dependsOn: [],
  outside: [],
  target: 0,
});

function step(
  action: PlanStep["action"],
  status: PlanStep["status"],
  name: string,
  seconds: [from: number, to: number | null] | null = null,
): PlanStep {
  const about = { id: name, name, serverName: "edge-1" };
  return {
    id: `${action}-${name}`,
    order: 0,
    level: 0,
    batch: 1,
    target: 0,
    action,
    status,
    service: about,
    services: [about],
    server: { id: "e1", name: "edge-1" },
    targetDigest: null,
    previousDigest: null,
    startedAt: seconds && at(seconds[0]),
    completedAt: seconds?.[1] == null ? null : at(seconds[1]),
    deadlineAt: null,
    error: null,
    exitCode: null,
    logs: "",
    downtimeMs: null,
    changes: null,
    imageId: null,
    detail: null,
    job: null,
    hook: null,
    hookName: null,
    soak: null,
  };
}

/** The rows of all groups. */
const lanes = (plan: Parameters<typeof laneGroups>[0], now: number) =>
  laneGroups(plan, now).flatMap((group) => group.lanes);

describe("lanes", () => {
  const target = (imageName: string): Plan["targets"][number] => ({
    ...{ imageName, imageTag: "v2", imageDigest: "sha256:00", serviceIds: [] },
    ...{ containerImageId: null, imageDigestId: null, signature: null },
  });
  const plan = {
    batches: 1,
    targets: [target("registry.test/shop/web")],
    services: [service("api"), service("web")],
    steps: [
      step("pull", "success", "api", [0, 2]),
      step("deploy", "success", "api", [2, 4]),
      step("health_check", "running", "api", [4, null]),
      step("deploy", "pending", "web"),
      step("health_check", "pending", "web"),
    ],
  };

  it("says of which image a pull is where there are several", () => {
    const targets = [...plan.targets, target("registry.test/shop/checkout")];
    const pull = { ...step("pull", "running", "web", [0, null]), id: "second", target: 1 };
    const rows = lanes({ ...plan, targets, steps: [...plan.steps, pull] }, 10_000);
    expect(rows.map(({ title }) => title)).toEqual(["Pull web", "Pull checkout", "api", "web"]);
  });

  it("has a row for each pull and each service, with the time from first start to last end", () => {
    const rows = lanes(plan, 10_000);
    expect(rows.map(({ title, look, ms }) => [title, look.text, ms])).toEqual([
      ["Pull", "Done", 2000],
      ["api", "Checking health", 8000],
      ["web", "Waiting", null],
    ]);
    expect(rows[1]?.bars.map(({ from, to }) => [from, to])).toEqual([
      [0.2, 0.4],
      [0.4, 1],
    ]);
  });

  it("says what a service waits for before its turn", () => {
    const waits = { ...step("deploy", "pending", "web"), detail: "Waiting: web needs db." };
    const steps = plan.steps.map((given) => (given.id === waits.id ? waits : given));
    const rows = lanes({ ...plan, steps }, 10_000);
    expect(rows.map(({ waiting }) => waiting)).toEqual([null, null, "Waiting: web needs db."]);
  });

  it("has a row for a job, which is none of its service's steps", () => {
    const job = {
      ...step("job", "success", "api", [1, 2]),
      job: { command: ["migrate", "up"], containerName: "api", timeoutMs: 1000 },
    };
    const rows = lanes({ ...plan, steps: [...plan.steps, job] }, 10_000);
    expect(rows.map(({ title, bars }) => [title, bars.length]).slice(0, 3)).toEqual([
      ["Pull", 1],
      ["Job migrate up", 1],
      ["api", 2],
    ]);
  });

  it("has rows for hooks, before everything and at the end, on no server", () => {
    const hook = (when: "before" | "after") => ({
      ...step("hook", "success", "", [0, 1]),
      ...{ id: when, hookName: when, server: { id: null, name: "" } },
      hook: {
        ...{ name: when, when, method: "POST" as const, url: "https://hooks.test/" },
        ...{ told: "running", requests: 1, httpStatus: 200, durationMs: 1 },
      },
    });
    const rows = lanes({ ...plan, steps: [hook("before"), ...plan.steps, hook("after")] }, 10_000);
    expect(rows.map(({ title, place }) => [title, place])).toEqual([
      ["Hook: before", ""],
      ["Pull", "on edge-1"],
      ["api", "on edge-1"],
      ["web", "on edge-1"],
      ["Hook: after", ""],
    ]);
  });

  it("are grouped by batch, each with how it is watched", () => {
    const soak = (batch: number, status: PlanStep["status"], endsAt: string | null) => ({
      ...step("soak", status, "api", endsAt === null ? null : [4, null]),
      ...{
        id: `soak-${batch}`,
        batch,
        soak: { durationMs: 60_000, endsAt, pauses: true, analysis: null },
      },
    });
    const careful = {
      ...{ ...plan, batches: 2, services: [service("api"), { ...service("web"), batch: 2 }] },
      steps: [
        ...plan.steps.map((one) =>
          one.action === "health_check" && one.service.name === "api"
            ? { ...one, status: "success" as const, completedAt: at(4) }
            : one,
        ),
        ...[soak(1, "running", at(64)), soak(2, "pending", null)],
      ],
    };
    const groups = laneGroups(careful, 10_000);
    expect(
      groups.map(({ batch, lanes: own }) => [batch, own.map(({ title }) => title).join(" ")]),
    ).toEqual([
      [null, "Pull"],
      [1, "api Soak"],
      [2, "web Soak"],
    ]);
    expect(groups[1]?.lanes[1]).toMatchObject({
      ...{ place: "1 service, 54 s left", look: { text: "Being watched" } },
    });
    expect(groups[1]?.lanes[0]?.bars).toHaveLength(2);
    expect(groups.map(({ done, total }) => [done, total])).toEqual([
      [0, 0],
      [1, 1],
      [0, 1],
    ]);
  });

  it("does not mix services of one name on two servers", () => {
    const elsewhere = { ...service("api"), serverName: "edge-2" };
    const [, first, second] = lanes({ ...plan, services: [service("api"), elsewhere] }, 10_000);
    expect(first?.bars).toHaveLength(2);
    expect(second?.bars).toHaveLength(0);
  });
});

describe("tellingStep", () => {
  it("is the failed one, the running one, the last that ran, or the first", () => {
    const deploy = step("deploy", "success", "api", [0, 1]);
    const check = step("health_check", "pending", "api");
    expect(tellingStep([deploy, check])?.id).toBe("deploy-api");
    expect(tellingStep([deploy, { ...check, status: "running" }])?.id).toBe("health_check-api");
    expect(tellingStep([{ ...deploy, status: "failed" }, check])?.id).toBe("deploy-api");
    expect(tellingStep([check])?.id).toBe("health_check-api");
    expect(tellingStep([])).toBeUndefined();
  });
});
