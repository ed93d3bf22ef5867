import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runWith } from "../io.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "bridgeport-hooks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const plan = {
  ...{ id: "p", imageName: "shop/web", imageTag: "v2", imageDigest: `sha256:${"ab".repeat(32)}` },
  ...{ status: "running", error: null, services: [], leftOut: [], steps: [] },
};
const hooks = {
  before: [
    {
      ...{ name: "window", url: "https://calendar.example.com/may-we?key=s3cret", method: "POST" },
      ...{ headers: { Authorization: "***" }, body: null, timeoutMs: 10_000 },
    },
  ],
  after: [],
};

async function asked(args: string[], more: Parameters<typeof runWith>[2] = {}, has = hooks) {
  const posted: { path: string; body: unknown }[] = [];
  const answer = async (request: Request) => {
    const path = new URL(request.url).pathname;
    if (request.method === "POST") posted.push({ path, body: await request.json() });
    if (request.method === "POST") return Response.json({ plan });
    if (path === "/api/environments") {
      return Response.json({ environments: [{ id: "e", name: "production" }], total: 1 });
    }
    if (path.endsWith("/hooks")) return Response.json({ hooks: has });
    const images = [{ id: "i", name: "web", imageName: "shop/web" }];
    return Response.json({ images, total: 1 });
  };
  return { ...(await runWith(args, answer, more)), posted };
}
const deploy = (file: string) => ["deploy", "web:v2", "--no-wait", "--hooks", file];
const written = (text: string) => {
  const file = join(folder, "hooks.yaml");
  writeFileSync(file, text);
  return file;
};

it("lists what an image's plans call, and no query", async () => {
  const { code, out } = await asked(["hooks", "web"]);
  expect(code).toBe(0);
  expect(out.replaceAll(/ +/g, " ")).toBe(
    "WHEN NAME METHOD URL TIME HEADERS\n" +
      "before window POST https://calendar.example.com/may-we 10 s Authorization\n",
  );
  const none = await asked(["hooks", "web"], {}, { before: [], after: [] });
  expect(none).toMatchObject({ code: 0, out: "", err: "shop/web has no hooks.\n" });
  const json = await asked(["hooks", "web", "--json"]);
  expect(JSON.parse(json.out)).toEqual({ hooks });
});

it("deploys with hooks of a file, whose secrets are looked up", async () => {
  writeFileSync(join(folder, "chat.url"), "https://chat.example.com/?key=s3cret\n");
  const file = written(`before:
  - name: window
    url: https://calendar.example.com/may-we
    headers: { Authorization: { env: CALENDAR }, X-Team: shop }
after:
  - { name: tell, url: { file: chat.url }, timeoutMs: 30000, body: done }
`);
  const { code, posted } = await asked(deploy(file), { env: { CALENDAR: "Bearer s3cret" } });
  expect(code).toBe(0);
  const [window, tell] = [
    { name: "window", url: "https://calendar.example.com/may-we" },
    { name: "tell", url: "https://chat.example.com/?key=s3cret" },
  ];
  expect(posted).toMatchObject([
    {
      path: "/api/environments/e/deployment-plans",
      body: {
        hooks: {
          before: [
            {
              ...{ ...window, headers: { Authorization: "Bearer s3cret", "X-Team": "shop" } },
              ...{ method: "POST", body: null, timeoutMs: 10_000 },
            },
          ],
          after: [{ ...tell, method: "POST", headers: {}, body: "done", timeoutMs: 30_000 }],
        },
      },
    },
  ]);
});

it("takes them from stdin too, as the API has them", async () => {
  const stdin = JSON.stringify({ after: [{ name: "tell", url: "https://chat.example.com" }] });
  const { posted } = await asked(deploy("-"), { stdin });
  expect(posted).toMatchObject([{ body: { hooks: { before: [], after: [{ name: "tell" }] } } }]);
});

it.each([
  ["before: [{ name: a, url: https://a.test, header: {} }]", /hooks\.yaml:1:42: .*"headers"/],
  ["before: [{ name: a }]", /hooks\.yaml:1:\d+: before\.0\.url/],
  ["after: [{ name: a, url: b }, { name: a, url: b }]", /after\.1\.name: another hook/],
  ["after: [{ name: a, url: { env: NOT_SET } }]", /the variable NOT_SET is not set/],
])("makes no plan where the file is wrong: %s", async (text, message) => {
  const { code, err, posted } = await asked(deploy(written(text)));
  expect([code, posted]).toEqual([1, []]);
  expect(err).toMatch(message);
});

it("says that there is no such file", async () => {
  const { code, err } = await asked(deploy(join(folder, "none.yaml")));
  expect(code).toBe(1);
  expect(err).toContain("none.yaml cannot be read");
});
