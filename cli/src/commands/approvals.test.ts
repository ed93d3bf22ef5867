import { expect, it } from "vitest";
import { exit } from "../exit.ts";
import { runWith } from "../io.fixture.ts";

const waiting = {
  ...{ id: "p", imageName: "shop/web", imageTag: "v2", imageDigest: `sha256:${"ab".repeat(32)}` },
  ...{ status: "waiting_for_approval", error: null, services: [], leftOut: [], steps: [] },
  ...{ approvalsRequired: 2, approvals: [{ user: "ann@b.test", at: "", comment: null }] },
  approvalExpiresAt: "2030-01-08T00:00:00.000Z",
};

/** Answers everything with the plan; other bodies by path. */
async function asked(args: string[], plan: object, more: Record<string, unknown> = {}) {
  const bodies: unknown[] = [];
  const ran = await runWith(args, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") bodies.push([pathname, await request.text()]);
    return Response.json(more[pathname] ?? { plan });
  });
  return { ...ran, bodies };
}

it("approves a plan, and says what it still needs or that it runs", async () => {
  const more = await asked(["approve", "p", "-m", "looks right"], waiting);
  expect(more.bodies).toEqual([
    ["/api/deployment-plans/p/approve", JSON.stringify({ comment: "looks right" })],
  ]);
  expect(more).toMatchObject({
    code: 0,
    out: "Approved. It waits for 2 approvals; given by ann@b.test. It is cancelled at 2030-01-08T00:00:00.000Z.\n",
  });
  const runs = await asked(["approve", "p"], { ...waiting, status: "running" });
  expect(runs).toMatchObject({ code: 0, out: expect.stringContaining("Plan p runs") });
});

it("rejects a plan with a reason", async () => {
  const { code, out, bodies } = await asked(["reject", "p", "-r", "not today"], {
    ...{ ...waiting, status: "cancelled", error: "Rejected by bob: not today" },
  });
  expect([code, out]).toEqual([0, "Rejected by bob: not today\n"]);
  expect(bodies).toEqual([
    ["/api/deployment-plans/p/reject", JSON.stringify({ reason: "not today" })],
  ]);
  expect((await asked(["reject", "p"], waiting)).code).not.toBe(0);
});

const site = {
  "/api/environments": { environments: [{ id: "e", name: "production" }], total: 1 },
  "/api/environments/e/container-images": {
    images: [{ id: "i", name: "web", imageName: "shop/web" }],
    total: 1,
  },
};

it.each([[], ["--no-wait"]])(
  "a deploy that waits for approval ends at once with %j",
  async (...more) => {
    const { code, out } = await asked(["deploy", "shop/web:v2", ...more], waiting, site);
    expect(code).toBe(exit.waitsForApproval);
    expect(out).toContain("Plan p waits for approval");
    expect(out).toContain("bridgeport approve p");
  },
);
