import { describe, expect, it } from "vitest";
import { exit } from "../exit.ts";
import { runWith } from "../io.fixture.ts";

const running = {
  ...{ id: "p", imageName: "shop/web", imageTag: "v2", imageDigest: `sha256:${"ab".repeat(32)}` },
  ...{ status: "running", error: null, services: [], leftOut: [], steps: [], batches: 2 },
  ...{ pausedReason: null, pausedBy: null, resumeDoes: null, rollout: null },
  ...{ triggeredBy: "ann@b.test", triggerType: "manual", createdAt: "2026-01-01T00:00:00.000Z" },
};
const paused = {
  ...{ ...running, status: "paused", pausedReason: "Batch 1 is done." },
  resumeDoes: "It goes on with batch 2.",
};
const completed = { ...running, status: "completed", completedAt: "2026-01-01T00:00:00.000Z" };

/** Answers what is posted with the first state; the stream has each of them. */
async function asked(args: string[], ...states: object[]) {
  const bodies: unknown[] = [];
  const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const ran = await runWith(args, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/api/environments") {
      return Response.json({ environments: [{ id: "e", name: "production" }], total: 1 });
    }
    if (pathname.endsWith("/container-images")) {
      return Response.json({ images: [{ id: "i", name: "web", imageName: "shop/web" }], total: 1 });
    }
    if (pathname.endsWith("/stream")) {
      const text = states.map((plan) => event("plan", { plan })).join("") + event("done", {});
      return new Response(text, { headers: { "content-type": "text/event-stream" } });
    }
    if (request.method === "POST") {
      const text = await request.text();
      bodies.push([pathname, text === "" ? null : JSON.parse(text)]);
    }
    return Response.json({ plan: states[0] });
  });
  return { ...ran, bodies };
}

it("pauses a plan with a reason, and says how it goes on", async () => {
  const { code, out, bodies } = await asked(["pause", "p", "-r", "the database"], paused);
  expect(bodies).toEqual([["/api/deployment-plans/p/pause", { reason: "the database" }]]);
  expect(code).toBe(0);
  expect(out).toContain("Go on:               bridgeport resume p");
  expect((await asked(["pause", "p"], paused)).bodies).toEqual([
    ["/api/deployment-plans/p/pause", {}],
  ]);
});

it("resumes a plan, and waits for its end", async () => {
  const { code, out, bodies } = await asked(["resume", "p"], running, completed);
  expect(bodies).toEqual([["/api/deployment-plans/p/resume", null]]);
  expect([code, out]).toEqual([0, expect.stringContaining("Completed: shop/web")]);
  const left = await asked(["resume", "p", "--no-wait"], running);
  expect(left).toMatchObject({ code: 0, out: expect.stringContaining("Plan p runs") });
});

describe("a plan that is paused while it is followed", () => {
  const deploy = ["deploy", "shop/web:v2", "--batch", "1", "--soak", "10m", "--pause-after", "1"];

  it("ends the command with its own code, and says how it goes on", async () => {
    const { code, out, bodies } = await asked(deploy, running, paused);
    expect(bodies).toEqual([
      [
        "/api/environments/e/deployment-plans",
        expect.objectContaining({ rollout: { batch: 1, soakMs: 600_000, pauseAfter: 1 } }),
      ],
    ]);
    expect(code).toBe(exit.paused);
    expect(out).toContain("Paused: Batch 1 is done.");
    expect(out).toContain("bridgeport resume p");
    expect((await asked(["resume", "p"], running, paused)).code).toBe(exit.paused);
  });

  it("prints the plan alone with --json", async () => {
    const { code, out } = await asked([...deploy, "--json"], running, paused);
    expect([code, JSON.parse(out).plan.status]).toEqual([exit.paused, "paused"]);
  });

  it.each([[[...deploy, "--wait"]], [["plan", "p", "--follow"]], [["resume", "p", "--wait"]]])(
    "is waited for by %j, which says on stderr how it goes on",
    async (args) => {
      const { code, out, err } = await asked(args, running, paused, running, completed);
      expect(code).toBe(0);
      expect(err).toContain("bridgeport resume p");
      expect(out).toContain("no longer paused");
    },
  );
});

it("shows a paused plan with its reason", async () => {
  const { code, out } = await asked(["plan", "p"], paused);
  expect(code).toBe(0);
  expect(out).toContain("It goes on with batch 2.");
});

it.each([
  ["--batch", "0", "--batch 0"],
  ["--on-failure", "stop", "rollback, pause"],
])("refuses %s %s before anything is asked", async (option, value, words) => {
  const { code, err, requests } = await asked(["deploy", "shop/web:v2", option, value], running);
  expect([code, requests.length]).toEqual([1, 0]);
  expect(err).toContain(words);
});
