import { expect, it } from "vitest";
import { runWith } from "../io.fixture.ts";

const plan = {
  ...{ id: "p", imageName: "shop/web", imageTag: "v2", imageDigest: `sha256:${"ab".repeat(32)}` },
  ...{ status: "running", error: null, services: [], leftOut: [], steps: [] },
};
const leftOut = [
  { image: { id: "x", name: "db", imageName: "shop/db" }, reason: "Nothing of it runs there." },
];
const environments = [
  { id: "e1", name: "staging" },
  { id: "e2", name: "production" },
];

async function asked(args: string[], containers: object[] = []) {
  const posted: [string, unknown][] = [];
  const ran = await runWith(args, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") {
      const text = await request.text();
      posted.push([pathname, text === "" ? null : JSON.parse(text)]);
      return Response.json({ plan, leftOut, steps: [], containers });
    }
    if (pathname === "/api/environments") return Response.json({ environments, total: 2 });
    const images = [{ id: "i", name: "web", imageName: "shop/web" }];
    return Response.json({ images, total: 1 });
  });
  return { ...ran, posted };
}

it("promotes from one environment to the other, and says what is not part of it", async () => {
  const { code, err, posted } = await asked([
    ...["promote", "staging", "-e", "production", "-i", "web"],
    ...["--healthy-for", "30m", "--no-wait"],
  ]);
  expect(code).toBe(0);
  expect(posted).toEqual([
    [
      "/api/environments/e2/promote",
      { fromEnvironmentId: "e1", containerImageIds: ["i"], healthyForMs: 1_800_000 },
    ],
  ]);
  expect(err).toBe("Not promoted: shop/db: Nothing of it runs there.\n");
});

it("shows what would be done, and takes the plan back", async () => {
  const { code, posted } = await asked(["promote", "staging", "-e", "production", "--dry-run"]);
  expect(code).toBe(0);
  expect(posted.map(([path]) => path)).toEqual([
    "/api/environments/e2/promote",
    "/api/deployment-plans/p/execute",
    "/api/deployment-plans/p/cancel",
  ]);
  expect(posted[0]?.[1]).toEqual({ fromEnvironmentId: "e1", execute: false });
});

it("says of an image that nobody can tell of yet that what it changes is not known", async () => {
  const service = { id: "s", name: "web", serverName: "edge-1" };
  const { out } = await asked(
    ["promote", "staging", "-e", "production", "--dry-run"],
    [{ service, changes: [], error: null, changesUnknown: "It cannot be shown.", detail: null }],
  );
  expect(out).toContain("web on edge-1:\n  It cannot be shown.\n\nNothing was changed.");
});

it("goes on in batches where that is asked for", async () => {
  const { code, posted } = await asked([
    ...["promote", "staging", "-e", "production", "--no-wait"],
    ...["--batch", "25%", "--soak", "10m", "--pause-after", "1"],
  ]);
  expect(code).toBe(0);
  expect(posted[0]?.[1]).toEqual({
    fromEnvironmentId: "e1",
    rollout: { batch: "25%", soakMs: 600_000, pauseAfter: 1 },
  });
});

it("refuses what is no period", async () => {
  const { code, err, posted } = await asked([
    ...["promote", "staging", "-e", "production", "--healthy-for", "long"],
  ]);
  expect([code, posted]).toEqual([1, []]);
  expect(err).toContain("--healthy-for takes a period");
});
