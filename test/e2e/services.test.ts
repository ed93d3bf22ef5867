import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { pushImage } from "../harness/images.ts";
import { connectLive, type LiveClient } from "../harness/live.ts";
import type { Plan, Service } from "../harness/resources.ts";
import { outline, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

interface LogLine {
  at: string;
  stream: "stdout" | "stderr";
  text: string;
}

let site: Site;
let rolling: Rollout;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(() => site.engine.clear());
afterAll(() => site?.remove());

/** Describes a service whose container is not there yet. */
async function describeService(imageId: string, name: string, spec: object): Promise<Service> {
  const { service } = await site.api.post<{ service: Service }>(
    `/api/servers/${site.server.id}/services`,
    { name, containerName: name, containerImageId: imageId, spec },
  );
  return service;
}

describe("a service that is there before its container", () => {
  test("gets it from its description at the first deploy", async () => {
    const { two, image } = await rolling.versions("service/spec", ["old"]);
    const service = await describeService(image.id, "shop", {
      env: { COLOUR: "green" },
      labels: { owner: "ann" },
      volumes: ["named:/named"],
      restartPolicy: "unless-stopped",
      resources: { memory: "64m" },
      healthcheck: { test: "test -e /tmp/ready", interval: "1s" },
    });
    expect(service).toMatchObject({ discoveryStatus: "missing", runningDigest: null });

    const { plan: started } = await site.api.post<{ plan: Plan }>(
      `/api/services/${service.id}/deploy`,
      { tag: "v2" },
    );
    const plan = await site.api.planEnd(started.id);

    expect(plan).toMatchObject({ status: "completed", error: null });
    await rolling.expectRuns("shop", two, "v2");
    const { Config, HostConfig } = await site.docker.inspect("shop");
    expect(Config.Env).toEqual(expect.arrayContaining(["COLOUR=green", "VERSION=2"]));
    expect(Config.Labels).toMatchObject({ owner: "ann", version: "2" });
    expect(HostConfig).toMatchObject({
      Binds: ["named:/named"],
      Memory: 64 * 1024 * 1024,
      RestartPolicy: { Name: "unless-stopped" },
    });
    expect(Config.Healthcheck).toMatchObject({ Interval: 1_000_000_000 });
    const found = await site.service("shop");
    expect(found).toMatchObject({ id: service.id, runningDigest: two.digest, drift: null });
  });

  test("has none again when it fails", async () => {
    const { two, image } = await rolling.versions("service/no-spec", ["old"], { crash: 3 });
    const service = await describeService(image.id, "gone", {});
    const plan = await site.api.planEnd(
      (await rolling.start(image, two, { serviceIds: [service.id] })).id,
    );
    expect(plan.status).toBe("rolled_back");
    expect(plan.error).toContain("gone");
    await rolling.expectOnly(["old"]);
    const { service: after } = await site.api.get<{ service: Service }>(
      `/api/services/${service.id}`,
    );
    expect(after.deployedDigest).toBeNull();
  });
});

describe("what is described and what is recorded", () => {
  const deploy = async (service: Service, tag: string, more: object = {}): Promise<Plan> => {
    const path = `/api/services/${service.id}/deploy`;
    return site.api.planEnd((await site.api.post<{ plan: Plan }>(path, { tag, ...more })).plan.id);
  };

  test("a description that was wrong is corrected, and counts at the next deploy", async () => {
    const { image } = await rolling.versions("service/wrong", ["old"]);
    const service = await describeService(image.id, "wrong", { command: ["no-such-program"] });
    expect((await deploy(service, "v2")).status).toBe("rolled_back");
    await rolling.expectOnly(["old"]);

    await site.api.patch(`/api/services/${service.id}`, { spec: { env: { COLOUR: "green" } } });
    expect(await deploy(service, "v2")).toMatchObject({ status: "completed", error: null });

    expect((await site.docker.inspect("wrong")).Config.Env).toContain("COLOUR=green");
  });

  test("data in a volume that the image made outlives a deploy and the way back from it", async () => {
    const { one, image } = await rolling.versions("service/data", ["old"]);
    const service = await describeService(image.id, "vault", {});
    expect((await deploy(service, "v1")).status).toBe("completed");
    await site.docker.run("exec", "vault", "sh", "-c", "echo precious > /data/file");
    const second = await deploy(service, "v2");
    expect(second.status).toBe("completed");
    await rolling.expectOnly(["old", "vault"]);

    expect((await rolling.rollBack(second)).status).toBe("rolled_back");

    await rolling.expectRuns("vault", one);
    expect(await site.docker.run("exec", "vault", "cat", "/data/file")).toBe("precious");
  });

  test("a container made from the record starts as its image says", async () => {
    const entrypoint = ["/bin/sh", "-c", "exec /bin/start"];
    const { two } = await rolling.versions("service/entry", ["entry"], { entrypoint }, [
      ...["-e", "OWN=kept"],
    ]);
    const service = await site.service("entry");
    expect((await deploy(service, "v2")).status).toBe("completed");
    await site.docker.run("rm", "--force", "entry");
    await rolling.expectOnly([]);
    // A plan that is made before this is heard of is refused when it begins.
    await waitFor(
      async () =>
        (
          await site.api.get<{ service: { discoveryStatus: string } }>(
            `/api/services/${service.id}`,
          )
        ).service.discoveryStatus === "missing",
      { what: "the control plane to know that it is gone" },
    );

    const again = await deploy(service, "v2", { create: true });
    expect(again).toMatchObject({ status: "completed", error: null });

    await rolling.expectRuns("entry", two);
    const { Config } = await site.docker.inspect("entry");
    expect(Config.Entrypoint).toEqual(entrypoint);
    expect(Config.Env).toContain("OWN=kept");
    expect((await rolling.rollBack(again)).status).toBe("rolled_back");
    await rolling.expectOnly([]);
  });
});

describe("stopping, starting and restarting", () => {
  const act = (service: Service, action: string) =>
    site.api.post<{ service: Service }>(`/api/services/${service.id}/${action}`);
  const health = (service: Service) =>
    site.api.post<{ healthy: boolean; health: { status: string; containerStatus: string } }>(
      `/api/services/${service.id}/health`,
    );

  test("acts on the very container, and a look at its health tells what it is now", async () => {
    const { services } = await rolling.versions("service/acts", ["app"]);
    const [service] = services as [Service];
    const before = await site.docker.inspect("app");
    await site.api.until<{ service: Service }>(
      `/api/services/${service.id}`,
      (body) => body.service.healthStatus === "healthy",
    );
    expect(await health(service)).toMatchObject({
      healthy: true,
      health: { status: "healthy", containerStatus: "running" },
    });

    expect((await act(service, "stop")).service.containerStatus).toBe("exited");
    expect((await site.docker.inspect("app")).State.Running).toBe(false);
    expect(await health(service)).toMatchObject({
      healthy: false,
      health: { containerStatus: "exited" },
    });
    await site.api.until<{ service: Service }>(
      `/api/services/${service.id}`,
      (body) => body.service.status === "stopped",
    );

    expect((await act(service, "start")).service.containerStatus).toBe("running");
    const started = await site.docker.inspect("app");
    expect((await act(service, "restart")).service.containerStatus).toBe("running");
    const after = await site.docker.inspect("app");
    expect(after).toMatchObject({ Id: before.Id, State: { Running: true } });
    expect(after.State.StartedAt > started.State.StartedAt).toBe(true);
    const { logs } = await site.api.get<{ logs: { action: string; details: object }[] }>(
      `/api/audit-logs?resourceType=service&limit=6`,
    );
    expect(logs).toMatchObject(
      ["restart_service", "start_service", "stop_service"].flatMap((action) => [
        { action, details: { outcome: "succeeded" } },
        { action, details: { outcome: "asked" } },
      ]),
    );
  });

  test("waits for a plan that is at work on the service, and says which", async () => {
    const { two, image, services } = await rolling.versions("service/busy", ["app"], {
      health: { slow: 2 },
    });
    const plan = await rolling.start(image, two);
    for (const action of ["restart", "stop", "start"]) {
      const refused = await site.api.request("POST", `/api/services/${services[0]?.id}/${action}`);
      expect(refused).toMatchObject({
        status: 409,
        body: { error: expect.stringContaining(plan.id) },
      });
    }
    expect((await site.api.planEnd(plan.id)).status).toBe("completed");
  });

  test("a container that stays stopped gets its new image all the same", async () => {
    const { two, image, services } = await rolling.versions("service/stopped", ["app"]);
    await act(services[0] as Service, "stop");
    const plan = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(outline(plan)).toEqual([
      "pull success",
      "deploy app success",
      "health_check app skipped",
    ]);
    const after = await site.docker.inspect("app");
    expect(after.Image).toBe(site.engine.imageId(two));
    expect(after.State.Running).toBe(false);
  });
});

describe("a service's log", () => {
  let live: LiveClient | undefined;
  afterEach(() => live?.close());

  /** Runs a container with this script as a service. */
  async function running(name: string, script: string): Promise<Service> {
    const image = await pushImage(site.registry, `log/${name}`, "v1");
    const args = ["run", "-d", "--init", "--name", name, image.reference, "/bin/sh", "-c", script];
    await site.docker.run(...args);
    return site.service(name);
  }
  const read = (service: Service, query: string) =>
    site.api.get<{ lines: LogLine[]; truncated: boolean }>(
      `/api/services/${service.id}/logs?${query}`,
    );
  const texts = (lines: LogLine[]) => lines.map(({ text }) => text);
  const followed = () =>
    (live?.heard ?? []).flatMap(({ event, data }) =>
      event === "lines" ? texts((data as { lines: LogLine[] }).lines) : [],
    );

  test("is read from its end, or since a moment, with both streams apart", async () => {
    const service = await running(
      "talks",
      "for i in 1 2 3 4 5; do echo out $i; done; sleep 1; echo late >&2; sleep 600",
    );
    await waitFor(async () => (await site.docker.run("logs", "talks")) !== "", { what: "a line" });
    const { lines } = await site.api.until<{ lines: LogLine[] }>(
      `/api/services/${service.id}/logs?tail=2`,
      (body) => body.lines.at(-1)?.text === "late",
    );
    expect(lines).toMatchObject([
      { text: "out 5", stream: "stdout" },
      { text: "late", stream: "stderr" },
    ]);
    const since = encodeURIComponent(String(lines[1]?.at));
    expect(texts((await read(service, `since=${since}`)).lines)).toEqual(["late"]);
    expect(texts((await read(service, "tail=100")).lines)).toEqual([
      ...[1, 2, 3, 4, 5].map((at) => `out ${at}`),
      "late",
    ]);
  });

  test("has whatever characters its container writes", async () => {
    const service = await running(
      "odd",
      "printf 'a\\000b \\360\\237\\230 \\033[1mc\\n'; sleep 600",
    );
    const { lines } = await site.api.until<{ lines: LogLine[] }>(
      `/api/services/${service.id}/logs?tail=5`,
      (body) => body.lines.length === 1,
    );
    expect(texts(lines)).toEqual(["a\ufffdb \ufffd\ufffd\ufffd \u001b[1mc"]);
    const { server } = await site.api.get<{ server: { status: string } }>(
      `/api/servers/${site.server.id}`,
    );
    expect(server.status).toBe("online");
  });

  test("is followed over the WebSocket from its end on, until the container has gone", async () => {
    const service = await running("ticks", "echo first; while :; do echo tick; sleep 0.1; done");
    live = await connectLive(site.api, `logs:${service.id}`);
    await waitFor(() => followed().filter((text) => text === "tick").length > 10, {
      what: "ten ticks",
    });
    expect(followed()[0]).toBe("first");
    const { data } = await live.hear(({ event }) => event === "lines");
    const [line] = (data as { lines: LogLine[] }).lines;
    expect(line?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await site.docker.run("rm", "--force", "ticks");
    await live.hear(({ event }) => event === "end");
  });

  test("that is long waits for a client which reads slowly, and loses no line", async () => {
    // More than fits into the buffers of the connections on its way.
    const count = 5000;
    const text = "x".repeat(4000);
    const service = await running(
      "floods",
      `until [ -e /tmp/go ]; do sleep 0.1; done
       i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo "$i ${text}"; done; echo done; sleep 600`,
    );
    live = await connectLive(site.api, `logs:${service.id}`);
    live.pause();
    await site.docker.run("exec", "floods", "touch", "/tmp/go");
    await site.api.until<{ lines: LogLine[] }>(
      `/api/services/${service.id}/logs?tail=1`,
      ({ lines }) => lines[0]?.text === "done",
    );
    live.resume();
    await waitFor(() => followed().at(-1) === "done", {
      what: "the log's end",
      explain: () => `${followed().length} lines, the last ${followed().at(-1)}`,
    });
    const numbers = followed()
      .slice(0, -1)
      .map((line) => Number(line.split(" ")[0]));
    expect(numbers).toHaveLength(count);
    expect(numbers.every((number, at) => number === at + 1)).toBe(true);
    expect(live.heard.map(({ event }) => event)).not.toContain("resync");
  });
});
