import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { secrets } from "../images/image-world.fixture.ts";
import { newWorld, type World } from "../plans/plan-world.fixture.ts";
import { openedRequest } from "./hook.ts";
import { imageHooksRoutes } from "./image-hooks.routes.ts";
import { hooksOfImages } from "./image-hooks.store.ts";

let rig: TestDatabase;
let world: World;
let api: TestApi;

beforeAll(async () => {
  rig = await openTestDatabase();
});
beforeEach(async () => {
  world = await newWorld(rig.database, { services: 1 });
  api = testApi(imageHooksRoutes({ ...rig, secrets }));
});
afterAll(() => rig.close());

const path = () => `/container-images/${world.imageId}/hooks`;
const put = (before: object[], after: object[] = []) => api.put(path(), { before, after });
const usual = {
  name: "window",
  url: "https://hooks.test/may-i?key=1",
  headers: { Authorization: "Bearer s3cret" },
};

/** The headers that are stored of the first hook. */
async function storedHeaders() {
  const [first] = (await hooksOfImages(rig.database, [world.imageId])).before;
  if (first === undefined) throw new Error("There is no hook.");
  return openedRequest(secrets, first.request).headers;
}

test("an image has none, is given some, others, and none again", async () => {
  const none = { before: [], after: [] };
  expect((await api.get(path())).body.hooks).toEqual(none);
  const given = await put([usual], [{ name: "tell", url: "http://chat.test/", body: "done" }]);
  const shown = {
    before: [
      {
        ...{ ...usual, headers: { Authorization: "***" } },
        ...{ method: "POST", body: null, timeoutMs: 10_000 },
      },
    ],
    after: [
      {
        ...{ name: "tell", url: "http://chat.test/", method: "POST", headers: {} },
        ...{ body: "done", timeoutMs: 10_000 },
      },
    ],
  };
  expect([given.status, given.body.hooks]).toEqual([200, shown]);
  expect((await api.get(path())).body.hooks).toEqual(shown);
  expect((await api.delete(path())).status).toBe(200);
  expect((await api.get(path())).body.hooks).toEqual(none);
});

test("values of headers are kept where *** comes back, and nothing of them is readable", async () => {
  await put([usual]);
  const rows = await rig.database<{ text: string }[]>`
    select image_hooks::text as text from image_hooks union all
    select details::text from audit_logs where action = 'set_image_hooks'`;
  expect(rows.some(({ text }) => /s3cret|key=1/.test(text))).toBe(false);
  const { before } = (await api.get(path())).body.hooks;
  expect((await put(before)).status).toBe(200);
  expect(await storedHeaders()).toEqual({ Authorization: "Bearer s3cret" });
});

test("a stored value goes to no other address, and none is made up", async () => {
  await put([usual]);
  const back = { ...usual, headers: { authorization: "***" } };
  expect((await put([{ ...back, url: "https://evil.test/" }])).body.details).toEqual([
    {
      path: "before[0].headers.authorization",
      message: "enter it again, because the address is another one now",
    },
  ]);
  expect((await put([{ ...back, name: "other" }])).body.details).toMatchObject([
    { message: "enter its value: none is stored for this hook" },
  ]);
  expect((await put([{ ...back, url: "https://hooks.test/elsewhere" }])).status).toBe(200);
  expect(await storedHeaders()).toEqual({ authorization: "Bearer s3cret" });
});

test.each([
  [{ url: "ftp://hooks.test" }, "before[0].url"],
  [{ url: "https://user:password@hooks.test" }, "before[0].url"],
  [{ name: " " }, "before[0].name"],
  [{ method: "GET", body: "text" }, "before[0].body"],
  [{ method: "DELETE" }, "before[0].method"],
  [{ headers: { "Idempotency-Key": "1" } }, "before[0].headers.Idempotency-Key"],
  [{ headers: { "a b": "1" } }, "before[0].headers.a b"],
  [{ headers: { a: "1\r\nb: 2" } }, "before[0].headers.a"],
  [{ headers: { a: "1", A: "2" } }, "before[0].headers.a"],
  [{ timeoutMs: 600_001 }, "before[0].timeoutMs"],
  [{ more: true }, "before[0].more"],
])("%j is refused, and says which field it is", async (wrong, field) => {
  const { status, body } = await put([{ ...usual, ...wrong }]);
  expect(status).toBe(400);
  expect(body.details[0].path).toBe(field);
});

test("a name is one hook's, and there are only so many", async () => {
  expect((await put([usual, usual])).body.details).toMatchObject([{ path: "before[1].name" }]);
  const many = Array.from({ length: 11 }, (_, at) => ({ ...usual, name: `hook ${at}` }));
  expect((await put(many)).body.details).toMatchObject([{ path: "before" }]);
});
