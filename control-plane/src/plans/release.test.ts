import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reportOf } from "../inventory/discovered.fixture.ts";
import { digest, release, service, target } from "./plan-input.fixture.ts";
import { refuseTwice } from "./read-target.ts";
import { reachable } from "./refusals.ts";

const shop = () => target([service("web"), service("api")], { image: "shop" });
const checkout = () =>
  target([service("pay"), service("mail", { serverId: "s2", serverName: "two" })], {
    ...{ image: "checkout", tag: "3.0" },
  });

describe("a plan over several images", () => {
  test("pulls all of them before it touches a service of any", () => {
    const { steps } = release([shop(), checkout()]);
    const what = steps.map(({ action, body }) =>
      "reference" in body && body.reference !== null
        ? `${action} ${body.reference.replace(/@.*/, "")}`
        : action,
    );
    expect(what.slice(0, 3)).toEqual([
      "pull registry.test/shop:2.0",
      "pull registry.test/checkout:3.0",
      "pull registry.test/checkout:3.0",
    ]);
    expect(steps.findLastIndex(({ action }) => action === "pull")).toBe(2);
    expect(steps.slice(0, 3).map(({ targetPosition }) => targetPosition)).toEqual([0, 1, 1]);
    expect(what).toContain("deploy registry.test/checkout:3.0");
  });

  test("takes levels from the dependencies across images", () => {
    const { services } = release([shop(), checkout()], {
      dependencies: [
        { serviceId: "api", dependsOnId: "mail", type: "health_before" },
        { serviceId: "pay", dependsOnId: "api", type: "deploy_after" },
      ],
    });
    expect(
      services.map(({ serviceName, level, targetPosition }) => [
        serviceName,
        level,
        targetPosition,
      ]),
    ).toEqual([
      ["mail", 0, 1],
      ["web", 0, 0],
      ["api", 1, 0],
      ["pay", 2, 1],
    ]);
    expect(services[3]?.dependsOn).toEqual([{ position: 2, type: "deploy_after" }]);
  });

  test("refuses a cycle across images with its path", () => {
    const dependencies = [
      { serviceId: "api", dependsOnId: "pay", type: "health_before" as const },
      { serviceId: "pay", dependsOnId: "api", type: "health_before" as const },
    ];
    expect(() => release([shop(), checkout()], { dependencies })).toThrow(
      /Circular dependency detected: (api -> pay -> api|pay -> api -> pay)/,
    );
  });

  test("goes back to each service's own image", () => {
    const { services } = release([shop(), checkout()]);
    const back = services.map(({ serviceName, rollbackBody }) => [
      serviceName,
      rollbackBody.reference?.replace(/@.*/, ""),
    ]);
    expect(Object.fromEntries(back)).toEqual({
      ...{ api: "registry.test/shop:1.0", web: "registry.test/shop:1.0" },
      ...{ mail: "registry.test/checkout:1.0", pay: "registry.test/checkout:1.0" },
    });
  });

  test("moves services of one image to different digests", () => {
    const other = { id: "d2", manifestDigest: `sha256:${"c".repeat(64)}`, tags: ["3.0"] };
    const two = target([service("api")], {
      image: "shop",
      digest: { ...shop().digest, ...other },
    });
    const { steps } = release([target([service("web")], { image: "shop" }), two]);
    const deploys = steps.filter(({ action }) => action === "deploy");
    expect(deploys.map(({ targetDigest }) => targetDigest)).toEqual([other.manifestDigest, digest]);
  });
});

test("a service that two targets mean is refused, with the field that means it again", () => {
  const web = { id: "web", name: "web", serverName: "one" };
  expect(() =>
    refuseTwice([
      { at: "targets[0]", services: [web] },
      { at: "targets[1]", services: [{ ...web, id: "api" }, web] },
    ]),
  ).toThrow("targets[1].serviceIds: web on one is in targets[0] already");
});

test("of all that is behind, what cannot be deployed to now is left out with the reason", () => {
  const platforms = [
    { platform: "linux/arm64", manifestDigest: null, configDigest: null, size: null },
  ];
  const arm = reportOf("c-1", { imagePlatform: "linux/arm64" });
  const { services, leftOut } = reachable(
    target(
      [
        service("a", { serverOnline: false }),
        service("b", { container: reportOf("b-1", { imagePlatform: "linux/amd64" }) }),
        service("c", { container: arm }),
      ],
      { digest: { ...shop().digest, platforms } },
    ),
  );
  expect(services.map(({ id }) => id)).toEqual(["c"]);
  expect(leftOut.map(({ reason }) => reason)).toEqual([
    "Its server one is offline: start the agent there.",
    "The newer digest is for linux/arm64, and one needs linux/amd64.",
  ]);
});

/** Services of up to four images on up to three servers, each depending on earlier ones only. */
const anyRelease = fc.record({
  images: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 12 }),
  servers: fc.array(fc.nat({ max: 2 }), { minLength: 12, maxLength: 12 }),
  edges: fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 11 })), { maxLength: 24 }),
});

test("whatever depends on whatever: pulls first, then nothing before what it needs, each once", () => {
  fc.assert(
    fc.property(anyRelease, ({ images, servers, edges }) => {
      const names = images.map((_, index) => `s${index}`);
      const targets = [...new Set(images)].map((image) =>
        target(
          names
            .filter((_, index) => images[index] === image)
            .map((name) => {
              const server = `server${servers[names.indexOf(name)]}`;
              return service(name, { serverId: server, serverName: server });
            }),
          { image: `image${image}` },
        ),
      );
      const dependencies = edges
        .filter(([from, to]) => to < from && from < names.length)
        .map(([from, to]) => ({
          ...{ serviceId: `s${from}`, dependsOnId: `s${to}` },
          type: "health_before" as const,
        }));
      const plan = release(targets, { dependencies });
      const deployOf = (name: string) =>
        plan.steps.findIndex(
          ({ action, body }) =>
            action === "deploy" && "serviceId" in body && body.serviceId === name,
        );
      const deploys = plan.steps.filter(({ action }) => action === "deploy");
      expect(deploys).toHaveLength(names.length);
      const pulls = plan.steps.filter(({ action }) => action === "pull");
      expect(plan.steps.slice(0, pulls.length)).toEqual(pulls);
      for (const { serviceId, dependsOnId } of dependencies) {
        expect(deployOf(dependsOnId)).toBeLessThan(deployOf(serviceId));
      }
      for (const { body, serverId } of deploys) {
        if (body.kind !== "run") throw new Error("no run");
        // What it runs is what was pulled there, and its container was looked at with that.
        const [name] = body.reference.split("@");
        const pulled = pulls.filter(
          (pull) =>
            pull.serverId === serverId &&
            pull.body.kind === "pull" &&
            pull.body.reference.startsWith(`${name}@`) &&
            pull.body.containers.some(({ containerName }) => containerName === body.containerName),
        );
        expect(pulled).toHaveLength(1);
      }
    }),
    { numRuns: 300 },
  );
});
