import { gunzipSync } from "node:zlib";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { errorAnswer } from "../http/errors.ts";
import { router } from "../http/routes.ts";
import { findOrCreateImage } from "../images/images.store.ts";
import { newServer, reportOf } from "../inventory/discovered.fixture.ts";
import { upsertContainers } from "../inventory/inventory.store.ts";
import { dependenciesRoutes } from "./dependencies.routes.ts";
import { deleteDependency, insertDependency } from "./dependencies.store.ts";
import { newService } from "./services.fixture.ts";
import { deleteService, updateService } from "./services.store.ts";

let rig: TestDatabase;
let environmentId: string;
let serverId: string;
let imageId: string;
const app = router();
const log = pino({ level: "silent" });

beforeAll(async () => {
  rig = await openTestDatabase();
  app.onError((error, c) => errorAnswer(error, c, log));
  app.use(async (c, next) => {
    c.set("actor", { ...system, roles: everywhere("viewer") });
    await next();
  });
  app.route("/api", dependenciesRoutes({ database: rig.database }));
  environmentId = await insertEnvironment(rig.database, newId());
  serverId = (await newServer(rig.database, environmentId, "one")).serverId;
  imageId = (await findOrCreateImage(rig.database, environmentId, "nginx:1")).id;
});
afterAll(() => rig.close());

interface Graph {
  nodes: { id: string; name: string; serverName: string }[];
  edges: { id: string; from: string; to: string }[];
  deploymentOrder: string[][];
}

const ask = async (query = "", headers: Record<string, string> = {}) =>
  app.request(`/api/environments/${environmentId}/dependency-graph${query}`, { headers });
const graph = async (query = "") => (await (await ask(query)).json()) as Graph;
const service = (name: string) => newService(rig.database, { serverId, imageId, name });
const depend = (serviceId: string, dependsOnId: string) =>
  insertDependency(rig.database, { environmentId, serviceId, dependsOnId, type: "deploy_after" });

test("each change of what it shows is shown, and nothing else makes another version", async () => {
  const [a, b] = [await service("a"), await service("b")];
  const etag = async () => (await ask()).headers.get("etag");
  const dependency = { id: "" };
  const changes: [what: string, change: () => Promise<unknown>, seen: (graph: Graph) => unknown][] =
    [
      ["a service", () => service("c"), ({ nodes }) => nodes.length === 3],
      [
        "its name",
        () => updateService(rig.database, a, { name: "z" }),
        ({ nodes }) => nodes.at(-1)?.name === "z",
      ],
      [
        "a dependency",
        async () => {
          dependency.id = await depend(a, b);
        },
        ({ edges }) => edges[0]?.from === b && edges[0].to === a,
      ],
      [
        "a server's name",
        () => rig.database`update servers set name = 'two' where id = ${serverId}`,
        ({ nodes }) => nodes.every(({ serverName }) => serverName === "two"),
      ],
      [
        "without the dependency",
        () => deleteDependency(rig.database, a, dependency.id),
        ({ edges }) => edges.length === 0,
      ],
      [
        "without a service",
        () => deleteService(rig.database, b),
        ({ nodes }) => nodes.length === 2 && nodes.every(({ id }) => id !== b),
      ],
    ];
  let known = await etag();
  for (const [what, change, seen] of changes) {
    expect([what, (await ask("", { "if-none-match": known ?? "" })).status]).toEqual([what, 304]);
    await change();
    const answer = await ask("", { "if-none-match": known ?? "" });
    expect([what, answer.status, seen((await answer.json()) as Graph)]).toEqual([what, 200, true]);
    known = answer.headers.get("etag");
  }
  await updateService(rig.database, a, { imageTag: "v2" });
  await rig.database`update servers set last_seen_at = now() where id = ${serverId}`;
  expect(await etag()).toBe(known);
  const noted = () => rig.database`
    select from row_counts
    where table_name = 'dependency_graphs' and environment_id = ${environmentId}`;
  const before = (await noted()).length;
  await updateService(rig.database, a, { imageTag: "v3", name: "z" });
  expect((await noted()).length).toBe(before);
});

test("the same is sent compressed to those who take it", async () => {
  const plain = await ask();
  const packed = await ask("", { "accept-encoding": "br, gzip" });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(packed.headers.get("etag")).toBe(plain.headers.get("etag"));
  const text = gunzipSync(Buffer.from(await packed.arrayBuffer())).toString();
  expect(text).toBe(await plain.text());
});

test.each([
  ["", 200],
  ["nothing", 200],
  ["*", 304],
])("If-None-Match: %s", async (header, status) => {
  expect((await ask("", { "if-none-match": header })).status).toBe(status);
});

test("an entity tag counts among others, weak or not", async () => {
  const etag = (await ask()).headers.get("etag") ?? "";
  const header = `"x", ${etag.replace("W/", "")}`;
  expect((await ask("", { "if-none-match": header })).status).toBe(304);
});

test("a part has what is so many dependencies away, whichever way they lead", async () => {
  // one ← two ← three ← four, and two ← five; six stands alone
  const [one, two, three, four, five, six] = await Promise.all(
    ["p1", "p2", "p3", "p4", "p5", "p6"].map(service),
  );
  if (!one || !two || !three || !four || !five || !six) throw new Error("six services were made");
  for (const [from, to] of [
    [one, two],
    [two, three],
    [three, four],
    [two, five],
  ] as const) {
    await depend(to, from);
  }
  const whole = await graph();
  const parts: [query: string, ids: string[], edges: number][] = [
    [`?serviceId=${one}`, [one, two], 1],
    [`?serviceId=${two}`, [one, two, three, five], 3],
    [`?serviceId=${four}&depth=2`, [two, three, four], 2],
    [`?serviceId=${four}&depth=3`, [one, two, three, four, five], 4],
    [`?serviceId=${four}&depth=20`, [one, two, three, four, five], 4],
    [`?serviceId=${six}&depth=20`, [six], 0],
  ];
  for (const [query, ids, edges] of parts) {
    const part = await graph(query);
    expect(part.nodes).toEqual(whole.nodes.filter(({ id }) => ids.includes(id)));
    expect(part.edges).toHaveLength(edges);
    expect(whole.edges).toEqual(expect.arrayContaining(part.edges));
    expect(part.deploymentOrder.flat().toSorted()).toEqual([...ids].toSorted());
  }
  expect((await graph(`?serviceId=${two}`)).deploymentOrder).toEqual([[one], [two], [three, five]]);
});

test("a part is around a Compose project", async () => {
  const labels = { "com.docker.compose.project": "shop" };
  const reports = [reportOf("web", { labels }), reportOf("db", { labels }), reportOf("mail", {})];
  await upsertContainers(
    rig.database,
    reports.map((report) => ({ serverId, report })),
  );
  const [web, db, mail] = [await service("web"), await service("db"), await service("mail")];
  await depend(web, mail);
  const part = await graph("?composeProject=shop");
  expect(part.nodes.map(({ id }) => id)).toEqual([db, mail, web]);
  expect(part.edges).toMatchObject([{ from: mail, to: web }]);
  expect(await graph("?composeProject=other")).toEqual({
    nodes: [],
    edges: [],
    deploymentOrder: [],
  });
});

test.each([
  [`?serviceId=${newId()}`, "unknown_service"],
  [`?serviceId=${newId()}&composeProject=shop`, "bad_part"],
  ["?depth=2", "bad_part"],
])("a part that cannot be: %s", async (query, code) => {
  const answer = await ask(query);
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, code]);
});

test("a service of another environment is none of this one", async () => {
  const elsewhere = await insertEnvironment(rig.database, newId());
  const there = (await newServer(rig.database, elsewhere, "there")).serverId;
  const image = (await findOrCreateImage(rig.database, elsewhere, "nginx:1")).id;
  const id = await newService(rig.database, { serverId: there, imageId: image, name: "there" });
  expect((await ask(`?serviceId=${id}`)).status).toBe(400);
});
