import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { InspectedContainer } from "../harness/docker-cli.ts";
import type { PushedImage } from "../harness/images.ts";
import type { Plan, PlanStep } from "../harness/resources.ts";
import { outline, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/** What one container would keep and take, as a dry run tells it. */
interface DryRun {
  plan: Plan;
  steps: (PlanStep & { changes: Change[] | null })[];
  containers: { containerName: string; changes: Change[]; error: string | null }[];
}

interface Change {
  field: string;
  origin: "kept" | "image" | "plan";
  before: unknown;
  after: unknown;
}

let site: Site;
let rolling: Rollout;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(() => site.engine.clear());
afterAll(() => site?.remove());

const inspectAll = (names: string[]) => Promise.all(names.map((name) => site.docker.inspect(name)));

describe("a dry run", () => {
  test("tells exactly what the deploy does then, of an image that was never pulled, and touches nothing", async () => {
    const options = ["-e", "OWN=secret", "-l", "owner=ann", "-v", "named:/named"];
    const { one, two, image } = await rolling.versions(
      "plan/dry",
      ["dry"],
      { env: { COLOUR: "blue" }, labels: { team: "a" } },
      options,
    );
    const before = await inspectAll(["dry"]);
    const images = await site.docker.run("image", "ls", "--all", "--quiet", "--digests");
    const plan = await rolling.plan(image, two);
    expect(plan.status).toBe("pending");

    const dry = await site.api.post<DryRun>(`/api/deployment-plans/${plan.id}/execute?dryRun=true`);

    expect(dry.plan).toEqual(plan);
    expect(dry.steps.map(({ action }) => action)).toEqual(["pull", "deploy", "health_check"]);
    expect(dry.containers).toMatchObject([{ containerName: "dry", error: null }]);
    const changes = dry.containers[0]?.changes ?? [];
    expect(dry.steps[1]?.changes).toEqual(changes);
    // What the app itself has written since its start stays with the old container.
    expect(changes.filter(({ field }) => field.startsWith("Files"))).toMatchObject([
      { field: "Files", origin: "image", after: "not carried over" },
    ]);
    const changed = changes.filter(
      ({ origin, field }) => origin !== "kept" && !field.startsWith("Files"),
    );
    expect(changed.toSorted((a, b) => a.field.localeCompare(b.field, "en"))).toEqual([
      { field: "Config.Env.COLOUR", origin: "image", before: null, after: "blue" },
      { field: "Config.Env.VERSION", origin: "image", before: "1", after: "2" },
      {
        field: "Config.Image",
        origin: "plan",
        before: one.reference,
        after: `${two.name}:v2@${two.digest}`,
      },
      { field: "Config.Labels.team", origin: "image", before: null, after: "a" },
      { field: "Config.Labels.version", origin: "image", before: "1", after: "2" },
    ]);
    const kept = changes.filter(({ origin }) => origin === "kept").map(({ field }) => field);
    expect(kept).toEqual(
      expect.arrayContaining(["Config.Env.OWN", "Config.Labels.owner", "Mounts./data"]),
    );
    expect(JSON.stringify(dry)).not.toContain("secret");
    await rolling.expectUntouched(before);
    expect(await site.docker.names()).toEqual(["dry"]);
    expect(await site.docker.run("image", "ls", "--all", "--quiet", "--digests")).toBe(images);
    const { plan: still } = await site.api.get<{ plan: Plan }>(`/api/deployment-plans/${plan.id}`);
    expect(still).toEqual(plan);

    await site.api.post(`/api/deployment-plans/${plan.id}/execute`);
    const ended = await site.api.planEnd(plan.id);
    expect(ended.status).toBe("completed");
    expect(ended.steps.find(({ action }) => action === "deploy")).toMatchObject({ changes });
  });
});

describe("a cancelled plan", () => {
  test("ends what is in flight, starts nothing more, and can be rolled back by hand", async () => {
    const names = ["one", "three", "two"];
    const { one, two, image } = await rolling.versions("plan/cancel", names, {
      health: { slow: 3 },
    });
    const before = await inspectAll(names);
    const { id } = await rolling.start(image, two);
    await site.api.until<{ plan: Plan }>(`/api/deployment-plans/${id}`, ({ plan }) =>
      outline(plan).includes("health_check one running"),
    );

    await site.api.post(`/api/deployment-plans/${id}/cancel`);
    const plan = await site.api.planEnd(id);

    expect(plan.status).toBe("cancelled");
    expect(outline(plan)).toEqual([
      "pull success",
      "deploy one success",
      "health_check one success",
      "deploy three skipped",
      "health_check three skipped",
      "deploy two skipped",
      "health_check two skipped",
    ]);
    await rolling.expectRuns("one", two);
    await rolling.expectUntouched(before.slice(1));
    await rolling.expectOnly(names);

    expect((await rolling.rollBack(plan)).status).toBe("rolled_back");
    expect((await site.docker.inspect("one")).Image).toBe(site.engine.imageId(one));
    await rolling.expectUntouched(before.slice(1));
    await rolling.expectOnly(names);
  });

  test("that had not begun is over at once", async () => {
    const { two, image } = await rolling.versions("plan/early", ["early"]);
    const { id } = await rolling.plan(image, two);
    const answer = await site.api.post<{ plan: Plan }>(`/api/deployment-plans/${id}/cancel`);
    expect(answer.plan.status).toBe("cancelled");
    const late = await site.api.request("POST", `/api/deployment-plans/${id}/execute`);
    expect(late).toMatchObject({
      status: 400,
      body: { error: "Cannot execute plan with status: cancelled" },
    });
  });
});

describe("a rollback by hand of a plan that has completed", () => {
  const own = ["-e", "OWN=kept", "-v", "named:/named", "--memory", "64m"];

  async function expectBack(one: PushedImage, before: InspectedContainer): Promise<void> {
    await rolling.expectRuns("app", one);
    const { Config, HostConfig, Mounts } = await site.docker.inspect("app");
    expect(Config.Env).toEqual(expect.arrayContaining(["OWN=kept", "VERSION=1"]));
    expect(HostConfig.Memory).toBe(before.HostConfig.Memory);
    const volumes = (mounts: typeof Mounts) => mounts.map((m) => `${m.Name} ${m.Destination}`);
    expect(volumes(Mounts).sort()).toEqual(volumes(before.Mounts).sort());
    expect(await site.docker.run("exec", "app", "cat", "/data/file")).toBe("precious");
    await rolling.expectOnly(["app"]);
  }

  test("re-creates the container with its settings, data and previous digest", async () => {
    const { one, two, image } = await rolling.versions("plan/back", ["app"], {}, own);
    await site.docker.run("exec", "app", "sh", "-c", "echo precious > /data/file");
    const before = await site.docker.inspect("app");
    const completed = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(completed.status).toBe("completed");
    await rolling.expectOnly(["app"]);

    expect((await rolling.rollBack(completed)).status).toBe("rolled_back");

    await expectBack(one, before);
    expect(await site.service("app")).toMatchObject({ runningDigest: one.digest, drift: null });
    const again = await site.api.request("POST", `/api/deployment-plans/${completed.id}/rollback`);
    expect(again).toMatchObject({ status: 400 });
  });

  test("creates it from the record where it was removed by hand, and pulls its image again", async () => {
    const { one, two, image } = await rolling.versions("plan/record", ["app"], {}, own);
    await site.docker.run("exec", "app", "sh", "-c", "echo precious > /data/file");
    const before = await site.docker.inspect("app");
    // The specification that a rollback creates from is recorded by a deploy.
    expect((await site.api.planEnd((await rolling.start(image, one)).id)).status).toBe("completed");
    const completed = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(completed.status).toBe("completed");
    await rolling.expectOnly(["app"]);
    await site.docker.run("rm", "--force", "app");
    const images = await site.docker.run("image", "ls", "--quiet", "--no-trunc");
    await site.docker.run("image", "rm", "--force", ...new Set(images.split("\n")));

    expect((await rolling.rollBack(completed)).status).toBe("rolled_back");

    await expectBack(one, before);
  });

  test("is refused for a service that was deployed again since", async () => {
    const { one, two, image } = await rolling.versions("plan/again", ["app"]);
    const first = await site.api.planEnd((await rolling.start(image, two)).id);
    const second = await site.api.planEnd((await rolling.start(image, one)).id);
    const refused = await site.api.request("POST", `/api/deployment-plans/${first.id}/rollback`);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining(second.id) },
    });
    await rolling.expectRuns("app", one);
  });
});

describe("the live stream of a plan", () => {
  const open = (planId: string, token = site.api.token) =>
    fetch(`${site.api.url}/api/deployment-plans/${planId}/stream`, {
      headers: { authorization: `Bearer ${token}` },
    });
  const read = async (stream: Response): Promise<{ event: string; data: unknown }[]> =>
    (await stream.text())
      .split("\n\n")
      .filter(Boolean)
      .map((block) => ({
        event: /^event: (.*)$/m.exec(block)?.[1] ?? "",
        data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "null"),
      }));

  test("has the whole plan first, each step as it changes, and the end", async () => {
    const { two, image } = await rolling.versions("plan/stream", ["live"]);
    const plan = await rolling.plan(image, two);
    const stream = await open(plan.id);
    expect(stream.headers.get("content-type")).toContain("text/event-stream");
    await site.api.post(`/api/deployment-plans/${plan.id}/execute`);

    const events = await read(stream);

    expect(events[0]).toMatchObject({ event: "plan", data: { plan: { id: plan.id } } });
    expect(events.at(-1)).toMatchObject({ event: "done", data: { status: "completed" } });
    const steps = events.filter(({ event }) => event === "step");
    for (const action of ["pull", "deploy", "health_check"]) {
      const statuses = steps
        .map(({ data }) => (data as { step: PlanStep }).step)
        .filter((step) => step.action === action)
        .map(({ status }) => status);
      expect(statuses.at(-1), action).toBe("success");
      // Never back: pending, running, success.
      expect(statuses.indexOf("success"), action).toBeGreaterThan(statuses.lastIndexOf("running"));
    }
    expect((await read(await open(plan.id))).map(({ event }) => event)).toEqual(["plan", "done"]);
  });

  test("ends with the session that it was asked for with, not before", async () => {
    const { two, image } = await rolling.versions("plan/session", ["live"]);
    const plan = await rolling.plan(image, two);
    const session = await site.system.login();
    const own = await open(plan.id);
    const theirs = await open(plan.id, session.token);

    await session.post("/api/auth/logout");

    expect((await read(theirs)).map(({ event }) => event)).not.toContain("done");
    await site.api.post(`/api/deployment-plans/${plan.id}/cancel`);
    expect((await read(own)).at(-1)).toMatchObject({ event: "done" });
  });
});
