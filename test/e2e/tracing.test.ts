import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CollectedSpan, type Collector, startCollector } from "../harness/collector.ts";
import { commandBlocks } from "../harness/docs.ts";
import type { Plan } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { createScratch, environmentOf } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

/* One deploy, from the request to the container's start: as spans at a collector, and in the logs. */

let site: Site;
let collector: Collector;
let rolling: Rollout;
const scratch = createScratch("tracing");

beforeAll(async () => {
  collector = await startCollector();
  site = await startSite({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=bridge",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    },
  });
  rolling = rollout(site, (await site.connect()).id);
});
afterAll(async () => {
  await site?.remove();
  await collector?.close();
  await scratch.remove();
});

const named = (spans: readonly CollectedSpan[], name: string) =>
  spans.filter((span) => span.name === name);

/** Asks for a deploy as a part of somebody's trace. */
async function deploy(traceId: string, names: string[]): Promise<Plan> {
  const { image, two } = await rolling.versions(`traced/${names[0]}`, names);
  const { status, body } = await site.api.request<{ plan: Plan }>(
    "POST",
    `/api/container-images/${image.id}/deploy`,
    { imageDigestId: digestRow(image, two).id },
    { traceparent: `00-${traceId}-b7ad6b7169203331-01`, "x-request-id": `of-${names[0]}` },
  );
  expect(status).toBe(200);
  return body.plan;
}

const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId);

const planEnded = (traceId: string) =>
  waitFor(() => named(spansOf(traceId), "plan").length > 0, {
    what: "the plan's span",
    explain: () => JSON.stringify(spansOf(traceId)),
  });

test("a deploy is one trace, from the request to the container's start", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const { id } = await deploy(traceId, ["whole"]);
  await site.api.planEnd(id);
  await planEnded(traceId);

  const spans = spansOf(traceId);
  const parents = new Map(spans.map((span) => [span.spanId, span]));
  const line = (span: CollectedSpan | undefined): string =>
    span === undefined ? "caller" : `${line(parents.get(span.parentSpanId))} > ${span.name}`;
  const request = "caller > POST /api/container-images/:id/deploy";
  const step = (action: string) => `${request} > plan > step ${action}`;
  expect(spans.map(line).sort()).toEqual(
    [
      request,
      `${request} > plan`,
      ...[step("pull"), step("deploy"), step("health_check")],
      `${step("pull")} > command pull`,
      `${step("pull")} > command pull > agent pull`,
      `${step("deploy")} > command run`,
      ...["create", "stop", "start"].map(
        (part) => `${step("deploy")} > command run > agent ${part}`,
      ),
      `${step("health_check")} > command probe`,
      `${step("health_check")} > command probe > agent health`,
    ].sort(),
  );
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(spans.filter(({ status }) => status.code === 2)).toEqual([]);

  const [asked] = named(spans, "POST /api/container-images/:id/deploy");
  expect(asked).toMatchObject({ parentSpanId: "b7ad6b7169203331", kind: 2 });
  expect(asked?.attributes).toMatchObject({
    "http.response.status_code": 200,
    "bridgeport.request.id": "of-whole",
  });
  const [plan] = named(spans, "plan");
  expect(plan?.attributes).toMatchObject({
    "bridgeport.plan.id": id,
    "bridgeport.plan.status": "completed",
  });
  // What a step has done lies within the plan, and the work of an agent within its command.
  for (const span of spans.filter(({ name }) => name.startsWith("step "))) {
    expect(span.startedAt).toBeGreaterThanOrEqual(plan?.startedAt ?? Infinity);
    expect(span.endedAt).toBeLessThanOrEqual(plan?.endedAt ?? 0);
  }
  for (const span of spans.filter(({ name }) => name.startsWith("agent "))) {
    const command = parents.get(span.parentSpanId);
    expect(span.startedAt).toBeGreaterThanOrEqual(command?.startedAt ?? Infinity);
    expect(span.endedAt).toBeLessThanOrEqual(command?.endedAt ?? 0);
  }
  const [stop, start] = [named(spans, "agent stop"), named(spans, "agent start")];
  expect(stop[0]?.startedAt).toBeLessThanOrEqual(start[0]?.endedAt ?? 0);
  expect(plan?.resource).toMatchObject({
    "service.name": "bridgeport",
    "deployment.environment.name": "test",
  });
  expect(collector.headers()["x-tenant"]).toBe("bridge");
  expect(collector.problems).toEqual([]);
});

test("a trace that its caller does not keep is not sent", async () => {
  const before = collector.spans.length;
  const unwanted = { traceparent: "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" };
  await site.api.request("GET", "/api/environments", undefined, unwanted);
  // Spans are sent in their order.
  await site.api.request("GET", "/api/registries/none", undefined, {});
  await waitFor(() => collector.spans.length > before, { what: "the next request's span" });
  expect(spansOf("1af7651916cd43dd8448eb211c80319c")).toEqual([]);
});

test("a plan that outlives its control plane is one span, and none is sent twice", async () => {
  const traceId = "2af7651916cd43dd8448eb211c80319c";
  const { id } = await deploy(traceId, ["first", "second", "third"]);
  await waitFor(() => named(spansOf(traceId), "step deploy").length > 0, {
    what: "the first service to be deployed",
  });
  await site.system.kill();
  await site.system.start();
  await site.refresh();
  const plan = await site.api.planEnd(id);
  expect(plan.status).toBe("completed");
  await planEnded(traceId);

  const spans = spansOf(traceId);
  const ids = spans.map(({ spanId }) => spanId);
  expect(ids.length).toBe(new Set(ids).size);
  const whole = named(spans, "plan");
  expect(whole).toHaveLength(1);
  const steps = spans.filter(({ name }) => name.startsWith("step "));
  // At most what had just ended when it was killed is lost.
  expect(steps.length).toBeGreaterThan(1);
  for (const step of steps) expect(step.parentSpanId).toBe(whole[0]?.spanId);
});

test("a deploy is followed through the logs by its plan's id", async () => {
  const traceId = "3af7651916cd43dd8448eb211c80319c";
  const { id } = await deploy(traceId, ["followed"]);
  await site.api.planEnd(id);
  const about = () =>
    site.system
      .output()
      .split("\n")
      .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []))
      .filter(({ planId }) => planId === id);
  await waitFor(() => about().some(({ msg }) => msg === "a plan has ended"), {
    what: "the plan's last line",
  });
  const lines = about();
  expect(lines.find(({ msg }) => msg === "request answered")).toMatchObject({
    requestId: "of-followed",
    traceId,
    route: "/api/container-images/:id/deploy",
    status: 200,
  });
  const [deployed] = lines.filter(({ action }) => action === "deploy");
  expect(deployed).toMatchObject({ msg: "a step has ended", serverId: site.server.id });
  const ofCommand = lines.filter(({ commandId }) => commandId === deployed.commandId);
  expect(ofCommand.map(({ part, msg }) => [part, msg])).toEqual([
    ["gateway", "command delivered"],
    ["agent", "Command done"],
    ["plans", "a step has ended"],
  ]);

  // The commands of the guide, on this log.
  writeFileSync(scratch.path("bridgeport.log"), site.system.output());
  const blocks = commandBlocks("docs/monitoring.md").filter(({ how }) =>
    how.endsWith("/tracing.test.ts"),
  );
  expect(blocks).toHaveLength(2);
  for (const { text } of blocks) {
    const told = execFileSync("bash", ["-eu", "-o", "pipefail", "-c", text], {
      cwd: scratch.dir,
      env: environmentOf(scratch.dir, { PLAN: id, REQUEST: "of-followed" }),
    });
    expect(String(told)).toContain(id);
  }
});
