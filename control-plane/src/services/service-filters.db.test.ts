import type { ContainerReport, ContainerState, HealthState } from "@bridgeport/proto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { findOrCreateImage } from "../images/images.store.ts";
import { newServer, reportOf } from "../inventory/discovered.fixture.ts";
import { upsertContainers } from "../inventory/inventory.store.ts";
import { newService } from "./services.fixture.ts";
import { listServices, type ServiceFilter, type ServiceRow } from "./services.store.ts";
import { serviceStatus, serviceStatuses } from "./status.ts";

/* Which services a filter keeps is decided in the database; what is shown of each, in status.ts and drift.ts. */

const states: ContainerState[] = [
  ...(["created", "running", "paused", "restarting"] as const),
  ...(["removing", "exited", "dead", "unknown"] as const),
];
const healths: HealthState[] = ["none", "starting", "healthy", "unhealthy", "unknown"];

let rig: TestDatabase;
let environmentId: string;
let imageId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  environmentId = await insertEnvironment(rig.database, newId());
  imageId = (await findOrCreateImage(rig.database, environmentId, "registry.test/shop/web:1")).id;
});
afterAll(() => rig.close());

async function list(filter: Partial<ServiceFilter> = {}, page = { limit: 1000, offset: 0 }) {
  const whole = { of: { environmentId }, q: null, imageId: null, ...filter };
  return listServices(rig.database, whole, page);
}

const names = async (filter: Partial<ServiceFilter>) =>
  (await list(filter)).services.map(({ name }) => name);

async function serverWith(name: string, containers: Partial<ContainerReport>[]): Promise<string> {
  const { serverId } = await newServer(rig.database, environmentId, name);
  const reports = containers.map((more, at) => reportOf(`${name}-${at}`, more));
  await upsertContainers(
    rig.database,
    reports.map((report) => ({ serverId, report })),
  );
  for (const report of reports) {
    await newService(rig.database, { serverId, imageId, name: report.name });
  }
  return serverId;
}

test("a status keeps exactly the services that are shown with it", async () => {
  const containers = states.flatMap((state) =>
    healths.flatMap((health) => [0, 1, 137, 143].map((exitCode) => ({ state, health, exitCode }))),
  );
  await serverWith("online", containers);
  const offline = await serverWith("offline", [{ state: "running", health: "healthy" }]);
  await rig.database`update servers set status = 'offline' where id = ${offline}`;
  const bare = await serverWith("bare", [{}, {}, {}]);
  await rig.database`delete from containers where server_id = ${bare}`;
  await rig.database`
    update services set ever_found = false where server_id = ${bare} and name like '%0'`;
  await rig.database`
    update services set discovery_status = 'missing' where server_id = ${bare} and name like '%1'`;

  const shown = (row: ServiceRow) =>
    serviceStatus({ ...row, inActivePlan: row.activePlanId !== null });
  const all = (await list()).services;
  const seen = new Set<string>();
  for (const status of serviceStatuses) {
    const wanted = all.filter((row) => shown(row) === status).map(({ id }) => id);
    const { services, total } = await list({ status });
    expect([status, services.map(({ id }) => id), total]).toEqual([status, wanted, wanted.length]);
    if (wanted.length > 0) seen.add(status);
  }
  expect(serviceStatuses.filter((status) => !seen.has(status))).toEqual(["deploying"]);
});

test("a page of a status is a part of all of it, with the whole number", async () => {
  const whole = await list({ status: "healthy" });
  const part = await list({ status: "healthy" }, { limit: 2, offset: 1 });
  expect(part.total).toBe(whole.total);
  expect(part.services).toEqual(whole.services.slice(1, 3));
});

test("a part of a name is found wherever it stands, however it is written", async () => {
  await serverWith("Größe_1%", [{}]);
  await serverWith("plain", [{}]);
  const name = "Größe_1%-0";
  for (const q of ["gr", "ö", "R", "ößE_", "_1%", "%", "e_1%-0", "1%-"]) {
    const found = await names({ q });
    const wanted = (await list()).services
      .filter((service) =>
        [service.name, service.containerName, service.imageName, service.serverName].some((text) =>
          text.toLowerCase().includes(q.toLowerCase()),
        ),
      )
      .map((service) => service.name);
    expect([q, found]).toEqual([q, wanted]);
  }
  expect(await names({ q: "ße_1" })).toEqual([name]);
  expect(await names({ q: "ße-1" })).toEqual([]);
});

test("and by the image's or the server's name, once", async () => {
  const all = (await list()).services.map((service) => service.name);
  expect(await names({ q: "shop/WEB" })).toEqual(all);
  expect((await list({ q: "shop/web" }, { limit: 2, offset: 0 })).total).toBe(all.length);
  expect(await names({ q: "plain" })).toEqual(["plain-0"]);
});

test("a project counts by the container that passes for the service's", async () => {
  const project = (name: string) => ({ labels: { "com.docker.compose.project": name } });
  const serverId = await serverWith("compose", [project("shop"), project("other"), project("")]);
  // The one that runs counts, whatever another one of the name is of.
  const older = reportOf("compose-1", { state: "exited", ...project("shop") });
  const report = { ...older, id: "e".repeat(64) };
  await upsertContainers(rig.database, [{ serverId, report }]);
  expect(await names({ composeProject: "shop" })).toEqual(["compose-0"]);
  expect(await names({ composeProject: "other" })).toEqual(["compose-1"]);
  const sorted = await names({ sort: "composeProject" });
  expect(sorted.slice(0, 2)).toEqual(["compose-1", "compose-0"]);
  expect(sorted).toHaveLength((await list()).total);
});
