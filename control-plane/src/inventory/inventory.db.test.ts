import type { ContainerReport } from "@bridgeport/proto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { counted } from "../database/counted.fixture.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { newServer, reportOf } from "./discovered.fixture.ts";
import { type InventoryChange, inventoryOf, type ReportedChanges } from "./inventory.ts";

let rig: TestDatabase;
let envId: string;
let number = 0;

beforeAll(async () => {
  rig = await openTestDatabase();
  envId = await insertEnvironment(rig.database, newId());
});
afterAll(() => rig.close());

interface Place {
  serverId: string;
  sessionId: string;
}
const newPlaces = (count: number): Promise<Place[]> =>
  Promise.all(
    Array.from({ length: count }, () => {
      number += 1;
      return newServer(rig.database, envId, `of many ${number}`);
    }),
  );

/** What is known of a server, without what differs between two servers of which the same was reported. */
async function known({ serverId }: Place) {
  const containers = await rig.database`
    select container_id, name, image_id, report from containers
    where server_id = ${serverId} order by container_id`;
  const services = await rig.database`
    select services.name, container_name, discovery_status, ever_found, image_tag, running_digest,
      running_image_id, container_images.normalized_name as image
    from services join container_images on container_images.id = container_image_id
    where server_id = ${serverId} order by container_name`;
  return { containers, services };
}

const time = Date.parse("2026-01-01");
const anyReport = fc
  .record({
    id: fc.constantFrom("1", "2", "3"),
    name: fc.constantFrom("web", "api", "db"),
    tag: fc.constantFrom("a:1", "a:2", "b:1"),
    state: fc.constantFrom<ContainerReport["state"]>("running", "exited"),
    restartCount: fc.nat({ max: 3 }),
  })
  .map(({ id, name, tag, state, restartCount }) => {
    const imageId = `sha256:${Buffer.from(tag).toString("hex").padEnd(64, "0")}`;
    const repoDigests = [`${tag.split(":")[0]}@${imageId}`];
    // Of two with the same name the later one counts.
    const createdAt = time + Number(id);
    const made = { imageName: tag, imageId, repoDigests, createdAt, startedAt: createdAt };
    return reportOf(name, { id, state, restartCount, ...made });
  });
const unique = (reports: ContainerReport[]) => [...new Map(reports.map((r) => [r.id, r])).values()];
const anyChange: fc.Arbitrary<InventoryChange> = fc.oneof(
  { weight: 5, arbitrary: anyReport.map((container) => ({ kind: "upsert" as const, container })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("1", "2", "3").map((id) => ({ kind: "removed" as const, id })),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(anyReport, { maxLength: 3 })
      .map((containers) => ({ kind: "complete" as const, containers: unique(containers) })),
  },
);

test("what several servers report together leaves the same rows as each on its own", async () => {
  const inventory = inventoryOf(rig.database);
  const rounds = fc.array(
    fc.tuple(...Array.from({ length: 3 }, () => fc.array(anyChange, { maxLength: 4 }))),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const together = await newPlaces(3);
      const apart = await newPlaces(3);
      const oneByOne = await newPlaces(3);
      for (const round of all) {
        const of = (places: Place[]): ReportedChanges[] =>
          places.flatMap((place, at) => ({ ...place, changes: round[at] ?? [] }));
        await inventory.apply(of(together));
        for (const each of of(apart)) await inventory.apply([each]);
        for (const { changes, ...place } of of(oneByOne)) {
          for (const change of changes) await inventory.apply([{ ...place, changes: [change] }]);
        }
      }
      for (const [at, place] of together.entries()) {
        const { containers, services } = await known(place);
        expect({ containers, services }).toEqual(await known(apart[at] as Place));
        // A service may have come and gone between two changes that were written together.
        expect(containers).toEqual((await known(oneByOne[at] as Place)).containers);
      }
    }),
    { numRuns: 12 },
  );
});

test("a hundred servers' events take as many statements as one's, and no more than a handful", async () => {
  const places = await newPlaces(100);
  const { database, statements } = counted(rig.database);
  const inventory = inventoryOf(database);
  const report = (of: Place[], state: ContainerReport["state"]) =>
    inventory.apply(
      of.map((place) => ({
        ...place,
        changes: [
          {
            kind: "upsert",
            container: reportOf("web", { state, createdAt: time, startedAt: time }),
          },
        ],
      })),
    );
  await report(places, "running");
  const taken = async (of: Place[], state: ContainerReport["state"]): Promise<number> => {
    const before = statements();
    await report(of, state);
    return statements() - before;
  };
  const one = await taken(places.slice(0, 1), "exited");
  expect(await taken(places, "paused")).toBe(one);
  // The transaction's own begin and commit come on top.
  expect(one).toBeLessThanOrEqual(6);
});

test("what is as it was is neither written nor locked", async () => {
  const [place] = (await newPlaces(1)) as [Place];
  const all = ["one", "two"].map((name) => reportOf(name));
  const inventory = inventoryOf(rig.database);
  const versions = () => rig.database`
    select name, xmin::text, xmax::text from containers where server_id = ${place.serverId}
    order by name`;
  await inventory.apply([{ ...place, changes: [{ kind: "complete", containers: all }] }]);
  const before = await versions();
  await inventory.apply([{ ...place, changes: [{ kind: "complete", containers: all }] }]);
  expect(await versions()).toEqual(before);
});

test("a stream that no longer speaks for its server writes nothing, and others that came with it do", async () => {
  const [one, two] = (await newPlaces(2)) as [Place, Place];
  const former = newId();
  const changes = (name: string): InventoryChange[] => [
    { kind: "upsert", container: reportOf(name) },
  ];
  const applied = await inventoryOf(rig.database).apply([
    { ...one, sessionId: former, changes: changes("former") },
    { ...one, changes: changes("present") },
    { ...two, changes: changes("other") },
  ]);
  expect(applied).toEqual(
    new Map<string, unknown>([
      [former, "replaced"],
      [one.sessionId, null],
      [two.sessionId, null],
    ]),
  );
  const rows = await rig.database<{ name: string }[]>`
    select name from containers where server_id in (${one.serverId}, ${two.serverId})
    order by name`;
  expect(rows.map(({ name }) => name)).toEqual(["other", "present"]);
});

test("what a service runs is looked for with its container's next report where it is not known", async () => {
  const [place] = (await newPlaces(1)) as [Place];
  const inventory = inventoryOf(rig.database);
  const tell = (state: ContainerReport["state"]) =>
    inventory.apply([
      { ...place, changes: [{ kind: "upsert", container: reportOf("web", { state }) }] },
    ]);
  await tell("running");
  await rig.database`
    update services set running_digest = null, running_image_id = null
    where server_id = ${place.serverId}`;
  await tell("exited");
  const [service] = await rig.database`
    select running_digest from services where server_id = ${place.serverId}`;
  expect(service?.runningDigest).toBe(`sha256:${"2".repeat(64)}`);
});
