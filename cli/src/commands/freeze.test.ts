import { expect, it } from "vitest";
import { runWith } from "../io.fixture.ts";

const freeze = { until: "2999-01-31T17:00:00.000Z", reason: "r", by: "a@b.test", everywhere: true };
const environments = [{ id: "e", name: "production" }];

/** What was asked beside the environments. */
async function asked(args: string[], answer: unknown) {
  const bodies: unknown[] = [];
  const ran = await runWith(args, async (request) => {
    if (request.method === "GET") return Response.json({ environments, total: 1 });
    bodies.push([request.method, new URL(request.url).pathname, await request.text()]);
    return Response.json(answer);
  });
  return { ...ran, bodies };
}

it("freezes one environment, or all", async () => {
  const until = ["--until", "2999-01-31T18:00:00+01:00", "--reason", "r"];
  const body = JSON.stringify({ until: freeze.until, reason: "r" });
  const one = await asked(["freeze", ...until], { freeze });
  expect(one.bodies).toEqual([["PUT", "/api/environments/e/freeze", body]]);
  expect(one.out).toBe("production is frozen until 2999-01-31T17:00:00.000Z.\n");
  const all = await asked(["freeze", "--all", ...until], { freeze });
  expect(all.bodies).toEqual([["PUT", "/api/freeze", body]]);
});

it("ends it, and says what stays frozen", async () => {
  const ended = await asked(["unfreeze"], { freeze });
  expect(ended.bodies).toEqual([["DELETE", "/api/environments/e/freeze", ""]]);
  expect(ended.out).toContain("All environments are frozen still");
  expect((await asked(["unfreeze", "--all"], { freeze: null })).code).toBe(0);
});

it.each(["2999-01-31T18:00:00", "tomorrow", "2999-13-31T18:00:00Z"])(
  "refuses %s, which is no moment",
  async (until) => {
    const { code, err, bodies } = await asked(["freeze", "--until", until, "--reason", "r"], {});
    expect(code).toBe(1);
    expect(err).toContain("with its offset");
    expect(bodies).toEqual([]);
  },
);
