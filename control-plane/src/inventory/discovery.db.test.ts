import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { transaction } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { listen } from "../database/listen.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { newDigest } from "../images/digests.fixture.ts";
import { findImageByName, findOrCreateImage } from "../images/images.store.ts";
import { refreshRunningDigests } from "../images/running-digest.store.ts";
import { listServices, type ServiceRow } from "../services/services.store.ts";
import { newServer, reportOf, reportTo } from "./discovered.fixture.ts";
import { runDiscovery } from "./discovery.store.ts";
import { removeOthers, upsertContainers } from "./inventory.store.ts";
import { inventoryOf } from "./inventory.ts";

let rig: TestDatabase;
let envId: string;
let serverId: string;
const digest = (character: string) => `sha256:${character.repeat(64)}`;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  envId = await insertEnvironment(rig.database, newId());
  serverId = (await newServer(rig.database, envId, "one")).serverId;
});

async function services(): Promise<ServiceRow[]> {
  const filter = { of: { serverId }, q: null, imageId: null };
  return (await listServices(rig.database, filter, null)).services;
}
async function only(): Promise<ServiceRow> {
  const [service, ...more] = await services();
  if (!service || more.length > 0) throw new Error("one service was expected");
  return service;
}
const report = (...args: Parameters<typeof reportOf>) =>
  reportTo(rig.database, serverId, reportOf(...args));

const insertDigest = (imageId: string, manifestDigest: string, platforms: object[] = []) =>
  newDigest(rig.database, imageId, manifestDigest, { platforms });

test("containers of one image share it, however its name is written", async () => {
  await report("a", { imageName: "nginx:1.27" });
  await report("b", { imageName: `docker.io/library/nginx@${digest("2")}` });
  const [a, b] = await services();
  expect(a?.containerImageId).toBe(b?.containerImageId);
  expect(await findImageByName(rig.database, envId, "nginx")).toMatchObject({
    imageName: "nginx",
    tagFilter: "1.27",
  });
});

/** @returns the statements of each of two looks: at containers that are new, and at others in their place */
async function statementsFor(count: number): Promise<number[]> {
  const place = await newServer(rig.database, envId, `of ${count}`);
  const looks: number[] = [];
  for (const tag of ["1", "2"]) {
    const reports = Array.from({ length: count }, (_, at) =>
      reportOf(`c${at}`, { id: `${tag}-${at}`, imageName: `nginx:${tag}` }),
    );
    const { serverId } = place;
    await removeOthers(rig.database, [serverId], []);
    const written = await upsertContainers(
      rig.database,
      reports.map((report) => ({ serverId, report })),
    );
    const newIds = written.map(({ containerId }) => containerId);
    const scope = { serverId, environmentId: envId, names: null, newIds, otherImageIds: null };
    let statements = 0;
    await transaction(rig.database, (sql) => {
      const counting = new Proxy(sql, {
        apply(target, self, args) {
          statements += 1;
          return Reflect.apply(target, self, args);
        },
      });
      return runDiscovery(counting, [scope]);
    });
    looks.push(statements);
  }
  return looks;
}

test("a look at two hundred containers takes as many statements as one at two", async () => {
  // Its image is not known yet.
  await statementsFor(1);
  const few = await statementsFor(2);
  expect(await statementsFor(200)).toEqual(few);
});

test("a complete inventory replaces what was known", async () => {
  await report("stays");
  await report("goes");
  await reportTo(rig.database, serverId, {
    kind: "complete",
    containers: [reportOf("stays"), reportOf("comes")],
  });
  expect((await services()).map((row) => [row.name, row.discoveryStatus])).toEqual([
    ["comes", "found"],
    ["goes", "missing"],
    ["stays", "found"],
  ]);
});

test("one that returns is the same service, with its new digest and tag", async () => {
  await report("web");
  const before = await only();
  await reportTo(rig.database, serverId, { kind: "removed", id: reportOf("web").id });
  expect(await only()).toMatchObject({ discoveryStatus: "missing", runningDigest: null });
  await report("web", {
    id: "e".repeat(64),
    imageName: "nginx:1.28",
    repoDigests: [`nginx@${digest("3")}`],
  });
  expect(await only()).toMatchObject({
    id: before.id,
    discoveryStatus: "found",
    runningDigest: digest("3"),
    imageTag: "1.28",
  });
});

test("a container re-created from another image takes its service there", async () => {
  await report("web");
  const before = await only();
  const deployed = await insertDigest(before.containerImageId, digest("2"));
  await rig.database`update services set deployed_digest_id = ${deployed}`;
  await report("web", { id: "e".repeat(64), imageName: "ghcr.io/team/web:v2", repoDigests: [] });
  // The old container's removal is told after the new one's start.
  await reportTo(rig.database, serverId, { kind: "removed", id: reportOf("web").id });
  expect(await only()).toMatchObject({
    id: before.id,
    imageName: "ghcr.io/team/web",
    imageTag: "v2",
    deployedDigestId: null,
    runningDigest: null,
    discoveryStatus: "found",
  });
});

test("a service that a person linked elsewhere stays linked while its container runs on", async () => {
  await report("web");
  const other = await findOrCreateImage(rig.database, envId, "ghcr.io/team/web");
  await rig.database`
    update services set container_image_id = ${other?.id ?? ""}, image_tag = 'v9'
    where server_id = ${serverId}`;
  await report("web", { health: "healthy" });
  await reportTo(rig.database, serverId, { kind: "complete", containers: [reportOf("web")] });
  expect(await only()).toMatchObject({ containerImageId: other?.id, imageTag: "v9" });
});

test("a container that leaves its name by a rename leaves its service, too", async () => {
  await report("web");
  const { id } = reportOf("web");
  await report("renamed", { id });
  expect((await services()).map((row) => [row.name, row.discoveryStatus])).toEqual([
    ["renamed", "found"],
    ["web", "missing"],
  ]);
});

test("while a plan replaces a container nothing is missing; afterwards it is", async () => {
  await report("web");
  const service = await only();
  const planId = newId();
  await rig.database`
    insert into deployment_plans (id, environment_id, image_name, image_digest, status,
      trigger_type, triggered_by, auto_rollback, parallel_execution)
    values (${planId}, ${envId}, 'nginx', 'sha256:x', 'running', 'manual', 'x', true, false)`;
  await rig.database`
    insert into plan_services (plan_id, position, service_id, service_name, server_id, server_name,
      container_name, level, rollback_body, active)
    values (${planId}, 0, ${service.id}, 'web', ${serverId}, 'one', 'web', 0, '{}', true)`;
  await report("web-bp-0123456789", { id: reportOf("web").id, state: "exited" });
  await inventoryOf(rig.database).sweep();
  expect(await only()).toMatchObject({ id: service.id, discoveryStatus: "found" });
  await rig.database`update plan_services set active = false`;
  await inventoryOf(rig.database).sweep();
  expect(await only()).toMatchObject({ id: service.id, discoveryStatus: "missing" });
});

test("a --rm container becomes a service by age alone", async () => {
  const now = Date.now();
  const at = await report("job", { autoRemove: true, startedAt: now });
  expect(at).toBeGreaterThan(now + 9000);
  expect(await services()).toEqual([]);
  await rig.database`
    update containers set first_seen_at = first_seen_at - interval '11 seconds',
      report = jsonb_set(report, '{startedAt}', to_jsonb(${now - 11_000}::bigint))`;
  expect(await inventoryOf(rig.database).lookAgain(serverId)).toBeNull();
  expect(await only()).toMatchObject({ name: "job", discoveryStatus: "found" });
});

test("a platform's digest is recognised as its index, also when that is learned later", async () => {
  await report("web");
  const { containerImageId } = await only();
  expect((await only()).runningDigest).toBe(digest("2"));
  await insertDigest(containerImageId, digest("7"), [
    { platform: "linux/amd64", manifestDigest: digest("2"), configDigest: digest("1"), size: 1 },
  ]);
  await refreshRunningDigests(rig.database, containerImageId);
  expect((await only()).runningDigest).toBe(digest("7"));
});

test("an image without a known name gets no id for a name", async () => {
  const built = { imageName: digest("a"), imageId: digest("a"), repoDigests: [] };
  await report("built", built);
  const images = await rig.database`
    select image_name from container_images where environment_id = (
      select environment_id from servers where id = ${serverId})`;
  expect(images).toEqual([]);
  await report("built", { ...built, imageNames: ["host:5000/app:v1"] });
  expect(await only()).toMatchObject({ imageName: "host:5000/app", runningDigest: null });
});

test("a report that says nothing new writes nothing", async () => {
  const web = reportOf("web");
  await reportTo(rig.database, serverId, web);
  const told: string[] = [];
  const stop = await listen(rig.database, "changed", { notified: (text) => told.push(text) });
  await reportTo(rig.database, serverId, web);
  await reportTo(rig.database, serverId, { kind: "complete", containers: [web] });
  await reportTo(rig.database, serverId, { ...web, state: "paused" });
  // What is told is told in order: the change came last, and nothing before it.
  await expect.poll(() => told.length).toBeGreaterThan(0);
  expect(told.map((text) => JSON.parse(text).kind)).toEqual(["container"]);
  await stop();
});

test("each container that comes, changes or goes is told by its name, however many there are", async () => {
  const names = ["one", "two", "three"];
  const all = names.map((name) => reportOf(name));
  const told: { kind: string; id: string }[] = [];
  const stop = await listen(rig.database, "changed", {
    notified: (text) => told.push(JSON.parse(text)),
  });
  const toldOf = async (report: () => Promise<unknown>, count: number) => {
    told.length = 0;
    await report();
    const containers = () => told.filter(({ kind }) => kind === "container");
    await expect.poll(containers).toHaveLength(count);
    for (const change of containers()) {
      expect(change).toMatchObject({ environmentId: envId, serverId });
    }
    return containers().map(({ id }) => id);
  };
  const inventory = (containers: typeof all) => () =>
    reportTo(rig.database, serverId, { kind: "complete", containers });
  const came = await toldOf(inventory(all), 3);
  expect(came.toSorted()).toEqual(names.toSorted());
  const paused = all.map((report) => ({ ...report, state: "paused" as const }));
  const changed = await toldOf(inventory(paused), 3);
  expect(changed.toSorted()).toEqual(names.toSorted());
  expect(await toldOf(inventory(paused.slice(1)), 1)).toEqual(["one"]);
  await stop();
});

test("a session that was replaced writes nothing", async () => {
  const sessionId = newId();
  const applied = await inventoryOf(rig.database).apply([
    { serverId, sessionId, changes: [{ kind: "upsert", container: reportOf("web") }] },
  ]);
  expect(applied.get(sessionId)).toBe("replaced");
  expect(await services()).toEqual([]);
});
