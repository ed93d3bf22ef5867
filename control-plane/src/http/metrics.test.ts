import { expect, test } from "vitest";
import { type MetricSources, productMetrics } from "./metrics.ts";

const sources: MetricSources = {
  figures: async () => ({
    plans: { running: 2, completed: 40 },
    commands: { queued: 3 },
    servers: { online: 5 },
  }),
  agentsConnected: () => 5,
  registries: () => [
    { host: "registry.example.com", requests: 12, pausedUntil: null },
    { host: "docker.io", requests: 3, pausedUntil: Date.now() + 60_000 },
  ],
};

async function lines(metrics: { read(): Promise<string> }): Promise<string[]> {
  return (await metrics.read()).split("\n").filter((line) => line.startsWith("bridgeport_"));
}

test("what there is of everything, by status, also where there is nothing", async () => {
  const metrics = productMetrics(sources);
  // Reading twice must not count twice.
  await lines(metrics);
  const text = await lines(metrics);
  expect(text).toEqual(
    expect.arrayContaining([
      "bridgeport_database_up 1",
      'bridgeport_plans{status="running"} 2',
      'bridgeport_plans{status="failed"} 0',
      'bridgeport_commands_waiting{status="queued"} 3',
      'bridgeport_servers{status="online"} 5',
      'bridgeport_servers{status="offline"} 0',
      "bridgeport_agents_connected 5",
      'bridgeport_registry_requests_total{host="registry.example.com"} 12',
      'bridgeport_registry_paused_seconds{host="registry.example.com"} 0',
    ]),
  );
  const pause = text.find((line) => line.includes('paused_seconds{host="docker.io"}'));
  expect(Number(pause?.split(" ")[1])).toBeGreaterThan(50);
});

test("durations are kept by route, not by path", async () => {
  const metrics = productMetrics(sources);
  const request = { method: "GET", route: "/api/services/:id", status: 200 };
  metrics.answered({ ...request, seconds: 0.02 });
  metrics.answered({ ...request, seconds: 4 });
  const labels = 'method="GET",route="/api/services/:id",status="200"';
  const name = "bridgeport_http_request_duration_seconds";
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      `${name}_bucket{le="0.025",${labels}} 1`,
      `${name}_bucket{le="5",${labels}} 2`,
      `${name}_count{${labels}} 2`,
    ]),
  );
});

test("how long stages of a deploy and background jobs took", async () => {
  const metrics = productMetrics(sources);
  metrics.measure({ of: "step", action: "deploy", status: "success", seconds: 1.2 });
  metrics.measure({ of: "plan", trigger: "manual", status: "completed", seconds: 7 });
  metrics.measure({ of: "plan_look", seconds: 0.004 });
  metrics.measure({ of: "report", seconds: 0.08 });
  metrics.measure({ of: "job", task: "check_image", ok: false, seconds: 0.3 });
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'bridgeport_plan_step_duration_seconds_bucket{le="1",action="deploy",status="success"} 0',
      'bridgeport_plan_step_duration_seconds_bucket{le="2.5",action="deploy",status="success"} 1',
      'bridgeport_plan_duration_seconds_sum{trigger="manual",status="completed"} 7',
      'bridgeport_plan_look_duration_seconds_bucket{le="0.005"} 1',
      'bridgeport_report_duration_seconds_bucket{le="0.05"} 0',
      'bridgeport_report_duration_seconds_bucket{le="0.1"} 1',
      'bridgeport_job_duration_seconds_count{task="check_image",result="failed"} 1',
    ]),
  );
});

test("without its database it says so, and what the process knows", async () => {
  const metrics = productMetrics({
    ...sources,
    figures: () => Promise.reject(new Error("connection refused")),
  });
  const text = await lines(metrics);
  expect(text).toContain("bridgeport_database_up 0");
  expect(text).toContain("bridgeport_agents_connected 5");
  expect(text.filter((line) => line.startsWith("bridgeport_plans"))).toEqual([]);
});
