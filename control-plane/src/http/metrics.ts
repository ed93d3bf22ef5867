import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Measure, Measurement } from "../measures.ts";

/** One request that was answered. */
export interface AnsweredRequest {
  method: string;
  /** the route's pattern, not the path: `/api/services/:id` */
  route: string;
  status: number;
  seconds: number;
}

/** Where figures come from that are asked for when the metrics are read. */
export interface MetricSources {
  /** of the whole installation, by status; rejects while the database cannot be used */
  figures(): Promise<Record<"plans" | "commands" | "servers", Record<string, number>>>;
  /** agents whose streams this process holds */
  agentsConnected(): number;
  /** requests that this process has sent to each registry host, and until when it orders a pause */
  registries(): { host: string; requests: number; pausedUntil: number | null }[];
}

export interface Metrics {
  contentType: string;
  /** Prometheus text */
  read(): Promise<string>;
  answered(request: AnsweredRequest): void;
  /** told of what the parts measure of their work */
  measure: Measure;
}

// A figure that is 0 is still one: alerts need it.
const known = {
  plans: [
    ...["pending", "waiting_for_approval", "running", "paused"],
    ...["completed", "failed", "rolled_back", "cancelled"],
  ],
  commands: ["queued", "sent", "accepted"],
  servers: ["pending", "online", "offline"],
} as const;

/** The product's figures and those of its process. */
export function productMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const shared = { registers: [registry] };
  collectDefaultMetrics({ register: registry });

  const durations = new Histogram({
    ...shared,
    name: "bridgeport_http_request_duration_seconds",
    help: "Time until the answer of an HTTP request began, by route",
    labelNames: ["method", "route", "status"] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  const stages = stageHistograms(registry);
  const up = new Gauge({
    ...shared,
    name: "bridgeport_database_up",
    help: "1 while the database can be used; what is counted there is left out while it cannot",
  });
  const counted = {
    plans: statusGauge("bridgeport_plans", "Deployment plans, by status"),
    commands: statusGauge(
      "bridgeport_commands_waiting",
      "Orders to agents without a result yet, by status",
    ),
    servers: statusGauge("bridgeport_servers", "Servers, by status"),
  };
  const agents = new Gauge({
    ...shared,
    name: "bridgeport_agents_connected",
    help: "Agents connected to this process",
  });
  const requests = new Counter({
    ...shared,
    name: "bridgeport_registry_requests_total",
    help: "Requests sent to a registry's host by this process",
    labelNames: ["host"] as const,
  });
  const paused = new Gauge({
    ...shared,
    name: "bridgeport_registry_paused_seconds",
    help: "How long a registry's host still orders this process to wait",
    labelNames: ["host"] as const,
  });

  function statusGauge(name: string, help: string) {
    return new Gauge({ ...shared, name, help, labelNames: ["status"] as const });
  }

  async function count(): Promise<void> {
    for (const gauge of Object.values(counted)) gauge.reset();
    const figures = await sources.figures().catch(() => null);
    up.set(figures === null ? 0 : 1);
    if (figures === null) return;
    for (const subject of ["plans", "commands", "servers"] as const) {
      for (const status of known[subject]) counted[subject].set({ status }, 0);
      for (const [status, number] of Object.entries(figures[subject])) {
        counted[subject].set({ status }, number);
      }
    }
  }

  function look(): void {
    agents.set(sources.agentsConnected());
    requests.reset();
    paused.reset();
    for (const { host, requests: sent, pausedUntil } of sources.registries()) {
      requests.inc({ host }, sent);
      paused.set({ host }, Math.max(0, ((pausedUntil ?? 0) - Date.now()) / 1000));
    }
  }

  return {
    contentType: registry.contentType,
    async read() {
      await count();
      look();
      return registry.metrics();
    },
    answered({ method, route, status, seconds }) {
      durations.observe({ method, route, status: String(status) }, seconds);
    },
    measure: stages,
  };
}

/** From a fast look at a plan to a pull of half an hour. */
const workBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800, 3600];
const reportBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const ownBuckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** How long the stages of a deploy and the work in the background take. */
function stageHistograms(registry: Registry): Measure {
  const histogram = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: number[],
  ) => new Histogram({ registers: [registry], name, help, labelNames: [...labelNames], buckets });
  const steps = histogram(
    "bridgeport_plan_step_duration_seconds",
    "Time from the start of a plan's step to its end, its agent's work included",
    ["action", "status"],
    workBuckets,
  );
  const plans = histogram(
    "bridgeport_plan_duration_seconds",
    "Time from the start of a plan to its end",
    ["trigger", "status"],
    workBuckets,
  );
  const looks = histogram(
    "bridgeport_plan_look_duration_seconds",
    "Time this process took to look at a plan and to write what was due",
    [],
    ownBuckets,
  );
  const reports = histogram(
    "bridgeport_report_duration_seconds",
    "Time from when this process received a report of a container until it was in the database",
    [],
    reportBuckets,
  );
  const jobs = histogram(
    "bridgeport_job_duration_seconds",
    "Time a background job took in this process, such as looking at a registry",
    ["task", "result"],
    [0.01, 0.05, ...workBuckets],
  );
  return (measured: Measurement) => {
    const { seconds } = measured;
    if (measured.of === "step") {
      const { action, status } = measured;
      steps.observe({ action, status }, seconds);
    } else if (measured.of === "plan") {
      const { trigger, status } = measured;
      plans.observe({ trigger, status }, seconds);
    } else if (measured.of === "job") {
      jobs.observe({ task: measured.task, result: measured.ok ? "ok" : "failed" }, seconds);
    } else if (measured.of === "report") {
      reports.observe(seconds);
    } else {
      looks.observe(seconds);
    }
  };
}
