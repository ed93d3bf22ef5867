import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Prometheus, startPrometheus } from "../harness/prometheus.ts";
import { rollout } from "../harness/rollout.ts";
import { createScratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

/* The files of packaging/monitoring, in a real Prometheus that reads a real installation. */

const folder = fileURLToPath(new URL("../../packaging/monitoring/", import.meta.url));
const shipped = (name: string) => readFileSync(`${folder}${name}`, "utf8");

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

let site: Site;
let prometheus: Prometheus;
let secret: string;
const scratch = createScratch("monitoring");

beforeAll(async () => {
  site = await startSite();
  const made = await site.api.post<{ secret: string }>("/api/tokens", {
    name: "prometheus",
    role: "viewer",
  });
  secret = made.secret;
  const token = scratch.path("token");
  writeFileSync(token, secret, { mode: 0o600 });
  const config = shipped("prometheus.yml")
    .replace("bridgeport.example.com:3000", new URL(site.system.url).host)
    .replace("/etc/prometheus/bridgeport.token", token)
    .replace("scrape_interval: 15s", "scrape_interval: 1s\n    scrape_timeout: 1s");
  prometheus = await startPrometheus(config, { "alerts.yml": shipped("alerts.yml") });
});
afterAll(async () => {
  await prometheus?.remove();
  await scratch.remove();
  await site?.remove();
});

test("the alert rules do what their own tests say", () => {
  const said = execFileSync("promtool", ["test", "rules", "alerts.test.yml"], { cwd: folder });
  expect(String(said)).toContain("SUCCESS");
  const rules = [...shipped("alerts.yml").matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  const tested = new Set(
    [...shipped("alerts.test.yml").matchAll(/alertname: (\w+)/g)].map(([, name]) => name),
  );
  expect(rules.filter((name) => !tested.has(name))).toEqual([]);
});

test("the configuration reads an installation, and how long a deploy's stages took", async () => {
  const rolling = rollout(site, (await site.connect()).id);
  const { image, two } = await rolling.versions("watched/app", ["watched"]);
  await rolling.start(image, two);
  const done = await waitFor(
    async () => {
      const all = await prometheus.query(
        'bridgeport_plan_step_duration_seconds_count{status="success"}',
      );
      return all.length === 3 && all;
    },
    { what: "the stages of the deploy" },
  );
  expect(done.map(({ metric, value }) => [metric.action, value]).sort()).toEqual([
    ["deploy", 1],
    ["health_check", 1],
    ["pull", 1],
  ]);
  await waitFor(
    async () =>
      (await prometheus.query('bridgeport_plan_duration_seconds_count{status="completed"}'))
        .length === 1,
    { what: "the plan's own duration" },
  );
  // The container that was replaced, and the new one.
  const [reports] = await prometheus.query("bridgeport_report_duration_seconds_count");
  expect(reports?.value).toBeGreaterThan(1);
  expect(await prometheus.query('up{job="bridgeport"}')).toMatchObject([{ value: 1 }]);
});

test("every rule and every panel asks for what there is", async () => {
  await waitFor(async () => (await prometheus.query("bridgeport_database_up")).length === 1, {
    what: "the first figures",
  });
  const rules = await waitFor(
    async () => {
      const all = await prometheus.rules();
      return all.length > 0 && all.every(({ health }) => health !== "unknown") && all;
    },
    { what: "the rules to be evaluated" },
  );
  expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);

  const { panels } = JSON.parse(shipped("grafana-dashboard.json")) as { panels: Panel[] };
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(expressions.length).toBeGreaterThan(20);
  for (const expression of expressions) {
    // As Grafana fills in its variables.
    await prometheus.query(
      expression.replaceAll("$__rate_interval", "1m").replaceAll("$job", ".*"),
    );
  }

  const headers = { authorization: `Bearer ${secret}` };
  const told = await (await fetch(`${site.system.url}/metrics`, { headers })).text();
  const known = new Set([...told.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
  const asked = [...expressions, shipped("alerts.yml")].flatMap((text) =>
    [...text.matchAll(/\b(?:bridgeport|nodejs|process)_\w+/g)].map(([name]) =>
      name.replace(/_(?:bucket|count|sum)$/, ""),
    ),
  );
  expect([...new Set(asked)].filter((name) => !known.has(name))).toEqual([]);
  const documented = readFileSync(`${folder}../../docs/monitoring.md`, "utf8");
  const own = [...known].filter((name) => name?.startsWith("bridgeport_"));
  expect(own.filter((name) => !documented.includes(`\`${name}`))).toEqual([]);
});
