import type { Plan, Schemas } from "@bridgeport/client";
import { describe, expect, it } from "vitest";
import { painter } from "../terminal/colour.ts";
import { width } from "../terminal/text.ts";
import { planExitCode } from "./exit-code.ts";
import { news, outcome, planLines, planTarget } from "./progress.ts";
import { releaseOf } from "./release.ts";
import { wantedOf } from "./target.ts";

type Step = Schemas["PlanStep"];

const step = (id: string, action: Step["action"], status: Step["status"], more = {}): Step => ({
  ...{ id, action, status, order: 0, level: 0, target: 0 },
  service: { id: "s", name: "web", serverName: "one" },
  services: [{ id: "s", name: "web", serverName: "one" }],
  server: { id: "h", name: "one" },
  ...{ targetDigest: null, previousDigest: null, startedAt: null, completedAt: null },
  ...{ deadlineAt: null, error: null, exitCode: null, logs: "", downtimeMs: null },
  ...{ changes: null, imageId: null, detail: null, job: null, soak: null, batch: null },
  ...{ hook: null, hookName: null },
  ...more,
});

const plan = (steps: Step[], more: Partial<Plan> = {}): Plan =>
  ({
    ...{ id: "p", imageName: "shop/web", imageTag: "v2", status: "running" },
    imageDigest: `sha256:${"ab".repeat(32)}`,
    ...{ rollingBack: false, cancelRequested: false, error: null, leftOut: [], services: [{}] },
    ...{ batches: 1, rollout: null, pausedReason: null, pausedBy: null, resumeDoes: null },
    steps,
    ...more,
  }) as Plan;

const started = "2026-01-01T00:00:00.000Z";

describe("in a build's log", () => {
  it("names a hook with what it answered", () => {
    const hook = {
      ...{ name: "window", when: "before", method: "POST", url: "https://hooks.test/" },
      ...{ told: "running", requests: 1, httpStatus: 409, durationMs: 1 },
    };
    const more = { hook, server: { id: null, name: "" }, error: "It answered 409." };
    expect(news(null, plan([step("1", "hook", "failed", more)]))).toEqual([
      "hook window (409): failed",
      "  It answered 409.",
    ]);
  });

  it("tells what changed, each once", () => {
    const pulling = plan([
      step("1", "pull", "running", { startedAt: started }),
      step("2", "deploy", "pending"),
    ]);
    const times = { startedAt: started, completedAt: "2026-01-01T00:00:02.100Z" };
    const deploying = plan([step("1", "pull", "success", times), step("2", "deploy", "running")]);
    const back = plan(
      [
        step("1", "pull", "success", times),
        step("2", "deploy", "failed", { error: "No\u001b[2J way." }),
      ],
      { rollingBack: true },
    );
    expect(news(null, pulling)).toEqual(["pull on one: running"]);
    expect(news(pulling, pulling)).toEqual([]);
    expect(news(pulling, deploying)).toEqual([
      "pull on one: success (2.1 s)",
      "deploy of web on one: running",
    ]);
    const waits = plan([step("2", "deploy", "pending", { detail: "Waiting: web needs db." })]);
    expect(news(pulling, waits)).toEqual(["deploy of web on one: Waiting: web needs db."]);
    expect(news(waits, waits)).toEqual([]);
    const job = { command: ["migrate", "up"], containerName: "web", timeoutMs: 1000 };
    expect(news(null, plan([step("1", "job", "running", { job })]))).toEqual([
      "job migrate up of web on one: running",
    ]);
    expect(news(deploying, back)).toEqual([
      "rolling back",
      "deploy of web on one: failed",
      "  No way.",
    ]);
  });
});

it("tells batches, soaks and pauses", () => {
  const soak = { durationMs: 60_000, endsAt: null, pauses: true, analysis: null };
  const steps = (...statuses: Step["status"][]) =>
    [
      step("1", "pull", statuses[0] ?? "pending"),
      step("2", "deploy", statuses[1] ?? "pending", { batch: 1 }),
      step("3", "soak", statuses[2] ?? "pending", { batch: 1, soak }),
      step("4", "deploy", statuses[3] ?? "pending", { batch: 2 }),
    ] satisfies Step[];
  const of = (status: Plan["status"], ...statuses: Step["status"][]) =>
    plan(steps(...statuses), { batches: 2, status });
  const soaking = of("running", "success", "success", "running");
  expect(news(of("running", "success"), soaking)).toEqual([
    "batch 1 of 2",
    "deploy of web on one: success",
    "soak of batch 1, 1 service: running",
  ]);
  const paused = of("paused", "success", "success", "success");
  expect(news(soaking, paused)).toEqual(["soak of batch 1, 1 service: success", "paused"]);
  expect(news(paused, of("running", "success", "success", "success", "running"))).toEqual([
    "no longer paused",
    "batch 2 of 2",
    "deploy of web on one: running",
  ]);
  // What is skipped has not begun.
  expect(news(paused, of("cancelled", "success", "success", "success", "skipped"))).toEqual([
    "no longer paused",
    "deploy of web on one: skipped",
  ]);
});

describe("on a terminal", () => {
  const at = { now: Date.parse("2026-01-01T00:00:05Z"), paint: painter(false) };
  it("has a line for each step, in the width there is", () => {
    const lines = planLines(
      plan([
        step("1", "pull", "success", { startedAt: started, completedAt: "2026-01-01T00:00:01Z" }),
        step("2", "deploy", "running", { startedAt: started }),
        step("3", "health_check", "pending"),
      ]),
      { columns: 80, rows: 24, ...at },
    );
    expect(lines).toEqual([
      "running, 1 of 3 steps: shop/web to v2 (abababababab)",
      "✓ pull on one  1.0 s",
      "● deploy of web on one  5.0 s",
      "○ health check of web on one",
    ]);
  });
  it("says which batch it is at, and counts its soak down", () => {
    const prometheus = {
      ...{ url: "http://p:9090", query: "errors", intervalMs: 30_000 },
      condition: { operator: "<" as const, value: 0.01 },
    };
    const last = { at: "2026-01-01T00:00:00Z", value: 0.003, problem: null };
    const soak = {
      ...{ durationMs: 60_000, endsAt: "2026-01-01T00:01:00Z", pauses: false },
      analysis: { prometheus, last },
    };
    const steps = [
      step("1", "deploy", "success", { batch: 1 }),
      step("2", "soak", "running", { batch: 1, soak, startedAt: started }),
      step("3", "deploy", "pending", { batch: 2 }),
    ];
    const lines = planLines(plan(steps, { batches: 2 }), { columns: 90, rows: 24, ...at });
    expect(lines.slice(0, 3)).toEqual([
      "running, batch 1 of 2, 1 of 3 steps: shop/web to v2 (abababababab)",
      "✓ deploy of web on one",
      "● soak of batch 1, 1 service  55.0 s left, query: 0.003, has to be < 0.01",
    ]);
  });
  it.each([6, 10, 24])("fits a terminal of %i lines", (rows) => {
    const steps = Array.from({ length: 100 }, (_, index) =>
      step(String(index), "deploy", index < 50 ? "success" : index === 50 ? "running" : "pending"),
    );
    const lines = planLines(plan(steps), { columns: 20, rows, ...at });
    expect(lines.length).toBeLessThan(rows);
    expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(20);
    expect(lines.some((line) => line.startsWith("●"))).toBe(true);
  });
});

it.each([
  ["completed", 0, 1],
  ["rolled_back", 2, 0],
  ["failed", 3, 3],
  ["cancelled", 1, 1],
] as const)("%s: code %i of a deploy, %i of a rollback by hand", (status, deploy, rollback) => {
  expect(planExitCode(status)).toBe(deploy);
  expect(planExitCode(status, "rolled_back")).toBe(rollback);
});

it("says how it ended, and what was left out", () => {
  const leftOut = [
    { service: { id: "x", name: "db", serverName: "two" }, reason: "Its agent is away." },
  ];
  expect(outcome(plan([], { status: "rolled_back", error: "Unhealthy.", leftOut }))).toBe(
    "Rolled back: shop/web to v2 (abababababab). Unhealthy.\nLeft out: db on two: Its agent is away.",
  );
});

describe("what to deploy", () => {
  const digest = `sha256:${"ab".repeat(32)}`;
  it.each([
    ["shop/web:v2", {}, { image: "shop/web", wanted: { tag: "v2" } }],
    ["127.0.0.1:5000/web", { tag: "v2" }, { image: "127.0.0.1:5000/web", wanted: { tag: "v2" } }],
    ["127.0.0.1:5000/web:v2", {}, { image: "127.0.0.1:5000/web", wanted: { tag: "v2" } }],
    [`web@${digest}`, {}, { image: "web", wanted: { digest } }],
    [`web:v2@${digest}`, {}, { image: "web", wanted: { digest } }],
    [undefined, { digest: "abababab" }, { image: null, wanted: { digest: "abababab" } }],
  ])("%s with %o", (text, options, wanted) => {
    expect(wantedOf(text, options)).toEqual(wanted);
  });
  it.each([
    ["web", {}, "Deploy what?"],
    ["web:v2", { tag: "v3" }, "Say once"],
    ["web@latest", {}, "is no image"],
  ])("%s with %o is refused", (text, options, words) => {
    expect(() => wantedOf(text, options)).toThrow(words);
  });
});

describe("a release", () => {
  const digest = `sha256:${"ab".repeat(32)}`;
  it("is read from its targets", () => {
    const target = ["shop/web=v2", "127.0.0.1:5000/pay=sha256:abcdef", `db:v3@${digest}`];
    expect(releaseOf(undefined, { target })).toEqual([
      { image: "shop/web", wanted: { tag: "v2" } },
      { image: "127.0.0.1:5000/pay", wanted: { digest: "sha256:abcdef" } },
      { image: "db", wanted: { digest } },
    ]);
    expect(releaseOf(undefined, { everythingBehind: true })).toBe("everything behind");
    expect(releaseOf("web:v2", {})).toBeNull();
  });
  it.each([
    [undefined, { target: ["web"] }, "Deploy what?"],
    [undefined, { target: ["web="] }, "is no target"],
    [undefined, { target: ["web:v1=v2"] }, "Say once"],
    ["web:v2", { target: ["web=v2"] }, "either --target or the image web:v2"],
    [undefined, { target: ["web=v2"], tag: "v2" }, "either --target or --tag"],
    [
      undefined,
      { everythingBehind: true, service: ["web"] },
      "either --everything-behind or --service",
    ],
    [
      undefined,
      { everythingBehind: true, target: ["a=b"] },
      "either --everything-behind or --target",
    ],
  ])("%s with %o is refused", (text, options, words) => {
    expect(() => releaseOf(text, options)).toThrow(words);
  });
  it("is named by its images, of many by the first ones", () => {
    const target = (imageName: string) =>
      ({ ...plan([]), imageName }) as unknown as Plan["targets"][number];
    const of = (...names: string[]) => planTarget(plan([], { targets: names.map(target) }));
    const to = "to v2 (abababababab)";
    expect(of("a", "b")).toBe(`a ${to}, b ${to}`);
    expect(of("a", "b", "c", "d")).toBe(`a ${to}, b ${to}, c ${to}, d ${to}`);
    expect(of("a", "b", "c", "d", "e")).toBe(`a ${to}, b ${to}, c ${to} and 2 more`);
  });
});
