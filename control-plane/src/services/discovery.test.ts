import type { ContainerReport } from "@bridgeport/proto";
import { expect, test } from "vitest";
import {
  askedImage,
  type DiscoveredContainer,
  discover,
  isTransientName,
  type KnownService,
  oneOffMs,
  pulledDigest,
} from "./discovery.ts";

const now = 1_800_000_000_000;
const hex = (digit: string) => digit.repeat(64);

function container(
  report: Partial<ContainerReport> = {},
  more: Partial<DiscoveredContainer> = {},
): DiscoveredContainer {
  return {
    firstSeenAt: now,
    isNew: true,
    ...more,
    report: {
      id: hex("c"),
      name: "web",
      imageName: "nginx:1.27",
      imageId: `sha256:${hex("1")}`,
      repoDigests: [],
      state: "running",
      health: "none",
      exitCode: 0,
      restartCount: 0,
      createdAt: now - 1000,
      startedAt: now - 500,
      finishedAt: null,
      labels: {},
      ports: [],
      self: false,
      autoRemove: false,
      imagePlatform: "linux/amd64",
      stopLimitMs: 10_000,
      checkLimitMs: 0,
      needs: [],
      ...report,
    },
  };
}

function service(more: Partial<KnownService> = {}): KnownService {
  return {
    id: "s1",
    containerName: "web",
    imageName: "docker.io/library/nginx",
    discoveryStatus: "found",
    everFound: true,
    inActivePlan: false,
    ...more,
  };
}

const kinds = (found: ReturnType<typeof discover>) => found.actions.map(({ kind }) => kind);

test("a container becomes a service under its image's name as written", () => {
  const found = discover([container({ imageName: "host:5000/team/app:v2" })], [], now);
  expect(found).toMatchObject({
    actions: [{ kind: "create", image: { name: "host:5000/team/app", tag: "v2" } }],
    lookAgainAt: null,
  });
});

test("stopped and never started containers are services too", () => {
  expect(kinds(discover([container({ state: "exited" })], [], now))).toEqual(["create"]);
  expect(kinds(discover([container({ state: "created" })], [], now))).toEqual(["create"]);
});

test.each([
  ["compose's transient name", { name: "0123456789ab_project-web-1" }],
  ["a previous container that is kept", { name: "web-bp-3f0d9c1b2e" }],
  ["a container before it takes its name", { name: "web-bp-new-3f0d9c1b2e" }],
  ["a container that a rollback takes away", { name: "web-bp-old-3f0d9c1b2e" }],
  ["a container without an image", { imageName: "", imageId: "" }],
  ["a prune's guard", { name: "bridgeport-bp-guard0-3f0d9c1b2e" }],
  ["one that asks to be left alone", { labels: { "bridgeport.ignore": "true" } }],
  ["a swarm task", { labels: { "com.docker.swarm.task.id": "abc" } }],
  ["the agent's own container", { self: true }],
  ["one that is going away", { state: "removing" as const }],
])("%s is no service", (_, report) => {
  expect(discover([container(report)], [], now)).toEqual({ actions: [], lookAgainAt: null });
});

test.each(["my-bp-app", "web-bp-1", "web-bp-production", "0123456789ab", "0123456789xy_web"])(
  "%s is somebody's own name",
  (name) => {
    expect(isTransientName(name)).toBe(false);
  },
);

test("a --rm container has to run for a while first", () => {
  const started = container(
    { autoRemove: true, startedAt: now - 4000 },
    { firstSeenAt: now - 3000 },
  );
  const early = discover([started], [], now);
  expect(early).toEqual({ actions: [], lookAgainAt: now - 4000 + oneOffMs });
  expect(kinds(discover([started], [], early.lookAgainAt ?? 0))).toEqual(["create"]);
});

test("a --rm container that ran long before we came is a service at once", () => {
  const old = container({ autoRemove: true, startedAt: now - 3_600_000 });
  expect(kinds(discover([old], [], now))).toEqual(["create"]);
});

test("a --rm container of a known service counts at once", () => {
  const started = container({ autoRemove: true });
  expect(kinds(discover([started], [service()], now))).toEqual(["present"]);
});

test("a --rm container that is not running is not waited for", () => {
  const created = container({ autoRemove: true, state: "created", startedAt: null });
  expect(discover([created], [], now)).toEqual({ actions: [], lookAgainAt: null });
});

test("a container that is gone leaves its service missing, once", () => {
  expect(kinds(discover([], [service()], now))).toEqual(["missing"]);
  expect(kinds(discover([], [service({ discoveryStatus: "missing" })], now))).toEqual([]);
});

test("one that returns is found again", () => {
  const found = discover([container()], [service({ discoveryStatus: "missing" })], now);
  expect(found.actions).toMatchObject([{ kind: "present", serviceId: "s1", image: null }]);
});

test("while a plan replaces a container its service stays", () => {
  const replaced = [
    container({ id: hex("a"), name: "web-bp-3f0d9c1b2e", state: "exited" }),
    container({ id: hex("b"), name: "web-bp-new-3f0d9c1b2e", state: "created" }),
  ];
  expect(discover(replaced, [service({ inActivePlan: true })], now).actions).toEqual([]);
});

test("of two that report one name the running one counts, then the newer", () => {
  const old = container({ id: hex("a"), createdAt: now - 9000 });
  const fresh = container({ id: hex("b"), createdAt: now });
  const stopped = container({ id: hex("d"), createdAt: now, state: "exited" });
  for (const [pair, winner] of [
    [[old, fresh], fresh],
    [[fresh, old], fresh],
    [[stopped, old], old],
  ] as const) {
    expect(discover([...pair], [service()], now).actions).toMatchObject([
      { kind: "present", report: { id: winner.report.id } },
    ]);
  }
});

test("a container re-created from another image moves its service there", () => {
  const other = container({ imageName: "ghcr.io/team/web:2" });
  expect(discover([other], [service()], now).actions).toMatchObject([
    { kind: "present", image: { name: "ghcr.io/team/web", tag: "2" } },
  ]);
});

test.each([
  ["the container was there before: a person linked the service elsewhere", {}, { isNew: false }],
  ["no container had been seen: a person chose the image", { everFound: false }, {}],
  ["a plan does it", { inActivePlan: true }, {}],
])("a service stays with its image when %s", (_, known, more) => {
  const other = container({ imageName: "ghcr.io/team/web:2" }, more);
  expect(discover([other], [service(known)], now).actions).toMatchObject([
    { kind: "present", image: null },
  ]);
});

test("the same image by another spelling is no other image", () => {
  const same = container({ imageName: "docker.io/library/nginx:1.28" });
  expect(discover([same], [service()], now).actions).toMatchObject([{ image: null }]);
});

test.each([
  ["nginx", [], { name: "nginx", tag: null }],
  [`nginx@sha256:${hex("2")}`, [], { name: "nginx", tag: null }],
  [`nginx:1.2@sha256:${hex("2")}`, [], { name: "nginx", tag: "1.2" }],
  [
    `sha256:${hex("1")}`,
    [`b/x@sha256:${hex("2")}`, `a/x@sha256:${hex("2")}`],
    { name: "a/x", tag: null },
  ],
  [hex("1"), ["bridgeport.local/keep/web@sha256:1"], null],
  ["sha256:0123456789ab", [], null],
])("%s with %j is the image %j", (imageName, repoDigests, image) => {
  expect(askedImage(container({ imageName, repoDigests }).report)).toEqual(image);
});

test("an image without any name gets one that says so", () => {
  const bare = container({ imageName: hex("1"), startedAt: now - oneOffMs });
  expect(discover([bare], [], now).actions).toMatchObject([
    { kind: "create", image: { name: "untagged/111111111111", tag: null } },
  ]);
  expect(discover([bare], [service()], now).actions).toMatchObject([{ image: null }]);
});

test("a container of an image without any name has to be there for a while first", () => {
  const step = container({ imageName: hex("1"), state: "exited" });
  expect(discover([step], [], now)).toEqual({ actions: [], lookAgainAt: now - 500 + oneOffMs });
});

test("the digest that runs is that of the name it was asked for", () => {
  const repoDigests = [`a/mirror@sha256:${hex("3")}`, `nginx@sha256:${hex("2")}`];
  expect(pulledDigest(container({ repoDigests }).report)).toBe(`sha256:${hex("2")}`);
  const byId = container({ imageName: hex("1"), repoDigests }).report;
  expect(pulledDigest(byId)).toBe(`sha256:${hex("3")}`);
  expect(pulledDigest(container({ repoDigests: [] }).report)).toBeNull();
});
