import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import type { Service } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

let site: Site;
let rolling: Rollout;
let receiver: Receiver;
let one: PushedImage;
let two: PushedImage;
let service: Service;

beforeAll(async () => {
  [site, receiver] = await Promise.all([startSite(), startReceiver()]);
  rolling = rollout(site, (await site.connect()).id);
  await site.api.post("/api/admin/webhooks", {
    name: "drift",
    url: `${receiver.url}/drift`,
    events: ["service.drift"],
  });
  [one, two] = await Promise.all([push(1), push(2)]);
  await site.docker.run("run", "-d", "--name", "web", one.reference);
  await site.service("web");
  const image = await rolling.synced(one.name);
  await rolling.deploy(image.id, { tag: "v2" });
  service = await site.service("web");
});
afterAll(async () => {
  await receiver?.close();
  await site?.remove();
});

const push = (version: number) =>
  pushImage(site.registry, "shop/drift", `v${version}`, {
    version: String(version),
    health: "healthy",
    created: `2026-0${version}-01T00:00:00Z`,
  });

/** Replaces the container by hand. */
async function replace(...args: string[]): Promise<void> {
  await site.docker.run("rm", "-f", "web");
  await site.docker.run("run", "-d", "--name", "web", ...args);
}

/** The service as soon as its drift is as wanted. */
async function driftIs(wanted: (drift: Service["drift"]) => boolean): Promise<Service> {
  const { service: now } = await site.api.until<{ service: Service }>(
    `/api/services/${service.id}`,
    (body) => body.service.discoveryStatus === "found" && wanted(body.service.drift),
    { what: "the drift to be as it is" },
  );
  return now;
}

describe("a container that is replaced by hand", () => {
  test("after a deploy there is no drift", () => {
    expect(service).toMatchObject({ deployedDigest: two.digest, drift: null });
  });

  test("with another version: expected and actual are shown, and told", async () => {
    await replace(one.reference);
    const drifting = await driftIs((drift) => drift !== null);
    expect(drifting).toMatchObject({
      id: service.id,
      deployedDigest: two.digest,
      runningDigest: one.digest,
      drift: { expected: two.digest, actual: one.digest },
    });
    const [told] = await waitFor(() => receiver.at("/drift").length > 0 && receiver.at("/drift"), {
      what: "the drift to be told",
    });
    expect(JSON.parse(told?.text ?? "")).toMatchObject({
      event: "service.drift",
      data: { service: { id: service.id }, expected: two.digest, actual: one.digest },
    });
  });

  test("with the deployed version again: it is over", async () => {
    await replace(`${two.name}@${two.digest}`);
    expect(await driftIs((drift) => drift === null)).toMatchObject({ runningDigest: two.digest });
  });

  test("with something built there under the image's own name", async () => {
    await site.docker.run("commit", "-m", "patched", "web", two.reference);
    const { Id: built } = await site.engine.api.call<{ Id: string }>(
      "GET",
      `/images/${encodeURIComponent(two.reference)}/json`,
    );
    await replace(two.reference);
    const drifting = await driftIs((drift) => drift !== null);
    expect(drifting.drift).toEqual({ expected: two.digest, actual: built });
  });

  test("a deploy puts it right", async () => {
    const image = await site.image(one.name);
    expect((await rolling.deploy(image.id, { tag: "v2" })).status).toBe("completed");
    expect(await driftIs((drift) => drift === null)).toMatchObject({ runningDigest: two.digest });
    await rolling.expectRuns("web", two, "v2");
  });
});
