import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pushImage } from "../harness/images.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import type { Plan, Service } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { tablesWith } from "../harness/stored.ts";

const marker = "hunter2-correct-horse";
let database: Postgres;
let site: Site;
let rolling: Rollout;
let sql: postgres.Sql;

beforeAll(async () => {
  database = await startPostgres();
  site = await startSite({ env: { DATABASE_URL: database.url } });
  rolling = rollout(site, (await site.connect()).id);
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql?.end();
  await site?.remove();
  await database?.remove();
});

const stored = () => tablesWith(marker, (text, parameters) => sql.unsafe(text, parameters));
const passwordOf = async (container: string) =>
  (await site.docker.inspect(container)).Config.Env?.filter((line) => line.includes(marker));

test("a container's variables reach its successors, and the database never has their values", async () => {
  const { one, two, image, services } = await rolling.versions("secret/web", ["adopted"], {}, [
    ...["-e", `PASSWORD=${marker}`],
  ]);
  const serviceIds = services.map(({ id }) => id);

  // A dry run, a deploy and the way back of a container that was found.
  const planned = await rolling.plan(image, two);
  const dry = await site.api.post(`/api/deployment-plans/${planned.id}/execute?dryRun=true`);
  expect(JSON.stringify(dry)).not.toContain(marker);
  const deployed = await site.api.planEnd((await rolling.start(image, two)).id);
  expect(deployed.status).toBe("completed");
  expect((await rolling.rollBack(deployed)).status).toBe("rolled_back");
  await rolling.expectRuns("adopted", one);
  expect((await rolling.deploy(image.id, { imageDigestId: digestRow(image, two).id })).status).toBe(
    "completed",
  );
  expect(await passwordOf("adopted")).toEqual([`PASSWORD=${marker}`]);

  // It is lost, and created again from what was recorded.
  await site.docker.run("rm", "-f", "adopted");
  const lost = `/api/services/${serviceIds[0]}`;
  await site.api.until<{ service: Service }>(
    lost,
    ({ service }) => service.discoveryStatus === "missing",
  );
  const again = await rolling.deploy(image.id, { tag: "v2", create: true, serviceIds });
  expect(again).toMatchObject({ status: "completed", error: null });
  expect(await passwordOf("adopted")).toEqual([`PASSWORD=${marker}`]);

  // One that is described, changed as it was shown, deployed, and taken back from a version that fails.
  const { service } = await site.api.post<{ service: Service & { spec: object } }>(
    `/api/servers/${site.server.id}/services`,
    {
      ...{ name: "described", containerName: "described", containerImageId: image.id },
      spec: { env: { PASSWORD: marker, LEVEL: "info" } },
    },
  );
  const path = `/api/services/${service.id}`;
  await site.api.patch(path, { spec: { ...service.spec, User: "0" } });
  const end = async (tag: string) =>
    site.api.planEnd((await site.api.post<{ plan: Plan }>(`${path}/deploy`, { tag })).plan.id);
  expect(await end("v2")).toMatchObject({ status: "completed", error: null });
  expect(await passwordOf("described")).toEqual([`PASSWORD=${marker}`]);
  await pushImage(site.registry, "secret/web", "v3", { version: "3", crash: 3 });
  expect((await end("v3")).status).toBe("rolled_back");
  expect(await passwordOf("described")).toEqual([`PASSWORD=${marker}`]);

  const recorded = await sql`select from services where recorded_spec::text like '%PASSWORD=%'`;
  expect(recorded.length).toBeGreaterThan(0);
  expect(await stored()).toEqual({});
  expect(site.system.output()).not.toContain(marker);
  const { env } = await site.api.post<{ env: object }>(`${path}/reveal-values`, { reason: "test" });
  expect(env).toEqual({ PASSWORD: marker, LEVEL: "info" });
  expect(await stored()).toEqual({});
});
