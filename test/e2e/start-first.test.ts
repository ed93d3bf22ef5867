import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { freePort } from "../harness/ports.ts";
import type { ContainerImage, Service } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

/*
 * A service with `deployOrder: start-first` answers all the time while it is deployed. Its clients
 * live in the engine's networks and find it by name there, as two containers cannot hold one port
 * of the host.
 *
 * What the engine's name service allows: from the switch until the old container has ended, a name
 * has the addresses of both, and an engine offers no way to take a running container's name away
 * without cutting its connections. So the new container answers to every name before the old one
 * is told to stop, the old one keeps its connections until it has ended by itself, and a client
 * that tries the next address when one refuses or is silent (as those of most languages do) loses
 * nothing. Silent: an engine takes an ended container's interface away a little before its names.
 */

let site: Site;
let rolling: Rollout;
let asking: PushedImage;
let images: { one: PushedImage; two: PushedImage; sick: PushedImage };

// At the signal to stop it takes no more connections, and ends what it has begun.
const server = `
  mkdir -p /srv/cgi-bin
  echo '#!/bin/sh' > /srv/cgi-bin/slow
  echo 'sleep 1; echo; echo slow $VERSION' >> /srv/cgi-bin/slow
  busybox chmod +x /srv/cgi-bin/slow
  httpd -f -p 8080 -h /srv &
  trap 'kill $!; sleep 2; exit 0' TERM
  sleep 0.5; touch /tmp/ready
  wait
`;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  const push = (version: string, health: "healthy" | "unhealthy") =>
    pushImage(site.registry, "busy/app", `v${version}`, {
      version,
      health,
      cmd: ["/bin/sh", "-c", server],
    });
  asking = await pushImage(site.registry, "busy/client", "v1");
  images = {
    one: await push("1", "healthy"),
    two: await push("2", "healthy"),
    sick: await push("3", "unhealthy"),
  };
});
afterEach(() => site.engine.clear());
afterAll(() => site?.remove());

/** Asks a host name all the time from inside a network; tells what was answered, in order. */
async function client(network: string, host: string, path = "/"): Promise<() => Promise<string[]>> {
  // A static busybox resolves names by its own nslookup only, and its wget not at all. The pause
  // leaves the processors to those who are asked.
  const loop = `while :; do
    answer=
    for at in $(busybox nslookup -type=a ${host} | busybox awk '/^Address: /{print $2}'); do
      [ -n "$answer" ] || answer=$(busybox printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' |
        busybox nc -w 2 $at 8080 | busybox tail -n 1)
    done
    echo "\${answer:-lost}"
    sleep 0.05
  done`;
  const args = ["run", "-d", "--init", "--network", network, "--stop-signal", "KILL"];
  const id = await site.docker.run(...args, asking.reference, "/bin/sh", "-c", loop);
  return async () => (await site.docker.run("logs", id)).split("\n").filter(Boolean);
}

/** Waits until so many more answers of that kind have come. */
async function more(answers: () => Promise<string[]>, wanted: string, count: number) {
  let seen: string[] = [];
  const number = async () => {
    seen = await answers();
    return seen.filter((one) => one === wanted).length;
  };
  const before = await number();
  await waitFor(async () => (await number()) >= before + count, {
    what: `${count} more answers "${wanted}"`,
    explain: () => seen.slice(-20).join("\n"),
  });
}

async function begin(...options: string[]): Promise<{ service: Service; image: ContainerImage }> {
  await site.docker.run("run", "-d", "--name", "app", ...options, images.one.reference);
  const { id } = await site.service("app");
  const { service } = await site.api.patch<{ service: Service }>(`/api/services/${id}`, {
    deployOrder: "start-first",
  });
  return { service, image: await rolling.synced(images.one.name) };
}

describe("a start-first deploy", () => {
  test("loses no request, to no name in no network", async () => {
    await site.docker.run("network", "create", "front");
    await site.docker.run("network", "create", "back");
    const { image } = await begin("--network", "front", "--network-alias", "shop");
    await site.docker.run("network", "connect", "--alias", "store", "back", "app");
    const clients = {
      alias: await client("front", "shop"),
      name: await client("front", "app"),
      other: await client("back", "store"),
    };
    const slow = await client("front", "shop", "/cgi-bin/slow");
    for (const answers of Object.values(clients)) await more(answers, "1", 3);
    await more(slow, "slow 1", 1);

    const plan = await rolling.deploy(image.id, {
      imageDigestId: digestRow(image, images.two).id,
    });

    expect(plan).toMatchObject({ status: "completed", error: null });
    const step = plan.steps.find(({ action }) => action === "deploy");
    expect(step).toMatchObject({ status: "success", downtimeMs: 0 });
    for (const answers of Object.values(clients)) await more(answers, "2", 3);
    await more(slow, "slow 2", 1);
    for (const [name, answers] of Object.entries({ ...clients, slow })) {
      const all = await answers();
      expect(all, `asked by ${name}`).not.toContain("lost");
      expect(all.at(-1), `asked by ${name}`).toBe(name === "slow" ? "slow 2" : "2");
    }
    await rolling.expectRuns("app", images.two, "v2");
    const { Networks } = (await site.docker.inspect("app")).NetworkSettings;
    expect(Networks.front?.Aliases).toContain("shop");
    expect(Networks.back?.Aliases).toContain("store");
  });

  test("is rolled back by hand without losing a request", async () => {
    await site.docker.run("network", "create", "front");
    const { image } = await begin("--network", "front", "--network-alias", "shop");
    const deployed = await rolling.deploy(image.id, {
      imageDigestId: digestRow(image, images.two).id,
    });
    const answers = await client("front", "shop");
    await more(answers, "2", 3);

    const plan = await rolling.rollBack(deployed);

    expect(plan.status).toBe("rolled_back");
    const step = plan.steps.find(({ action }) => action === "rollback");
    expect(step).toMatchObject({ status: "success", downtimeMs: 0 });
    await more(answers, "1", 3);
    expect(await answers()).not.toContain("lost");
    await rolling.expectRuns("app", images.one, "v1");
  });

  test("to an image that is not well leaves the old container at its work", async () => {
    await site.docker.run("network", "create", "front");
    const { image } = await begin("--network", "front", "--network-alias", "shop");
    const before = await site.docker.inspect("app");
    const answers = await client("front", "shop");
    await more(answers, "1", 3);

    const plan = await rolling.deploy(image.id, {
      imageDigestId: digestRow(image, images.sick).id,
    });

    expect(plan.status).toBe("rolled_back");
    await more(answers, "1", 3);
    expect(new Set(await answers())).toEqual(new Set(["1"]));
    const after = await site.docker.inspect("app");
    expect(after).toMatchObject({ Id: before.Id, State: { StartedAt: before.State.StartedAt } });
    expect(after.NetworkSettings.Networks.front?.Aliases).toContain("shop");
    const names = await site.docker.names();
    expect(names.filter((name) => name.startsWith("app"))).toEqual(["app"]);
  });

  test("is refused where two cannot run side by side, with what to do about it", async () => {
    const port = await freePort();
    // Its turn would come first.
    await site.docker.run("run", "-d", "--name", "alpha", images.one.reference);
    await site.service("alpha");
    const { image } = await begin("--publish", `127.0.0.1:${port}:8080`);
    const [other, before] = await Promise.all(
      ["alpha", "app"].map((name) => site.docker.inspect(name)),
    );

    const plan = await rolling.deploy(image.id, {
      imageDigestId: digestRow(image, images.two).id,
    });

    // Nothing was touched, so there is nothing to take back.
    expect(plan.status).toBe("failed");
    expect(plan.steps.map(({ action }) => action)).not.toContain("rollback");
    expect(plan.error).toContain(String(port));
    expect(plan.error).toContain("stop-first");
    if (other && before) await rolling.expectUntouched([other, before]);
  });
});
