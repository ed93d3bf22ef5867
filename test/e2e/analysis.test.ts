import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliPlace, cli } from "../harness/cli.ts";
import { commandBlocks } from "../harness/docs.ts";
import { type Prometheus, startPrometheus } from "../harness/prometheus.ts";
import type { Plan } from "../harness/resources.ts";
import { type Rollout, rollout, type Versions } from "../harness/rollout.ts";
import { createScratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

/* A canary is measured by a query of a real Prometheus, which reads what the shop says of itself. */

let site: Site;
let prometheus: Prometheus;
let rolling: Rollout;
let versions: Versions;
let errors = 0;
const scratch = createScratch("analysis");
const shop = createServer((_, response) => {
  response.setHeader("Content-Type", "text/plain; version=0.0.4");
  response.end(`# TYPE shop_error_ratio gauge\nshop_error_ratio ${errors}\n`);
});

beforeAll(async () => {
  shop.listen(0, "127.0.0.1");
  await once(shop, "listening");
  const { port } = shop.address() as AddressInfo;
  [site, prometheus] = await Promise.all([
    startSite(),
    startPrometheus(
      [
        "global: {scrape_interval: 1s, scrape_timeout: 1s}",
        "scrape_configs:",
        `  - {job_name: shop, static_configs: [{targets: ["127.0.0.1:${port}"]}]}`,
      ].join("\n"),
    ),
  ]);
  rolling = rollout(site, (await site.connect()).id);
  versions = await rolling.versions("shop/measured", ["measured-1", "measured-2"]);
  await waitFor(async () => (await prometheus.query("shop_error_ratio")).length === 1, {
    what: "Prometheus to have read the shop",
  });
});
afterAll(async () => {
  await prometheus?.remove();
  await site?.remove();
  await scratch.remove();
  shop.closeAllConnections();
  shop.close();
});

const until = async (id: string, is: (plan: Plan) => unknown, what: string): Promise<Plan> =>
  (
    await site.api.until<{ plan: Plan }>(
      `/api/deployment-plans/${id}`,
      ({ plan }) => Boolean(is(plan)),
      { what },
    )
  ).plan;
const soakOf = ({ steps }: Plan) => steps.find(({ action }) => action === "soak")?.soak;

test("a canary whose query gets bad goes back by itself, also after everything was killed", async () => {
  const analysis = {
    prometheus: {
      ...{ url: prometheus.url, query: "max(shop_error_ratio)", intervalMs: 1000 },
      condition: { operator: "<", value: 0.01 },
    },
  };
  const { id } = await rolling.start(versions.image, versions.two, {
    rollout: { batch: 1, soakMs: 3_600_000, analysis },
  });
  await until(id, (plan) => soakOf(plan)?.analysis?.last?.value === 0, "a value to be shown");
  await site.system.kill(["agent", "postgres"]);
  await site.system.start();
  await site.refresh();
  errors = 0.5;
  const ended = await site.api.planEnd(id);
  expect(ended).toMatchObject({
    status: "rolled_back",
    error: "Batch 1 did not stay healthy: The query gave 0.5, and has to be < 0.01.",
  });
  expect(soakOf(ended)?.analysis?.last).toMatchObject({ value: 0.5, problem: null });
  for (const name of ["measured-1", "measured-2"]) {
    const { Image, State } = await site.docker.inspect(name);
    expect([Image, State.Running], name).toEqual([site.engine.imageId(versions.one), true]);
  }
});

test("the guide's command measures a rollout, and ends well where the query does", async () => {
  errors = 0;
  await waitFor(async () => (await prometheus.query("shop_error_ratio"))[0]?.value === 0, {
    what: "Prometheus to have read that the shop is well",
  });
  const { secret } = await site.api.post<{ secret: string }>("/api/tokens", {
    ...{ name: "pipeline", role: "operator" },
  });
  const place: CliPlace = {
    dir: scratch.dir,
    env: { BRIDGEPORT_URL: site.api.url, BRIDGEPORT_TOKEN: secret },
  };
  const command = commandBlocks("docs/rollouts.md").find(({ text }) =>
    text.includes("--analysis-url"),
  );
  const [, ...words] =
    command?.text.replaceAll("\\\n", " ").match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [];
  // What the guide is about goes by other names here, and is not to be waited for so long.
  const here: Record<string, string> = {
    "shop/web:v2.4.0": `${versions.two.name}:v2`,
    "http://prometheus.example.com:9090": prometheus.url,
    "10m": "2s",
  };
  const args = words.map((word) => here[word] ?? word.replaceAll(/^['"]|['"]$/g, ""));
  expect(args).toContain(prometheus.url);
  const { code, out } = await cli(place, args);
  expect([code, out]).toEqual([0, expect.stringContaining("Completed:")]);
  for (const name of ["measured-1", "measured-2"]) await rolling.expectRuns(name, versions.two);
});
