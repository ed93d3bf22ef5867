import { type ContainerReport, isTransientName } from "@bridgeport/proto";
import { describe, expect, test } from "vitest";
import {
  type DiscoveredContainer,
  discover,
  type KnownService,
  oneOffMs,
  whyNoNewService,
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
  ["a run of its own by Compose", { labels: { "com.docker.compose.oneoff": "True" } }],
  ["a swarm task", { labels: { "com.docker.swarm.task.id": "abc" } }],
  ["the agent's own container", { self: true }],
  ["one that is going away", { state: "removing" as const }],
])("%s is no service, nor the container of one", (_, report) => {
  expect(discover([container(report)], [], now)).toEqual({ actions: [], lookAgainAt: null });
  const { name = "web" } = report as { name?: string };
  const known = service({ containerName: name });
  expect(kinds(discover([container(report)], [known], now))).toEqual(["missing"]);
});

test("what Compose runs as a service is one", () => {
  const labels = { "com.docker.compose.oneoff": "False", "com.docker.compose.service": "web" };
  expect(kinds(discover([container({ labels })], [], now))).toEqual(["create"]);
});

test.each(["my-bp-app", "web-bp-1", "web-bp-production", "0123456789ab", "0123456789xy_web"])(
  "%s is a name that a user gave",
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

describe("a container that was started by an image's id", () => {
  const id = `f8099e2b0fe9${"1".repeat(52)}`;

  test("of an image without a name is no service, and no image is named after the id", () => {
    for (const imageName of [id, `sha256:${id}`, "f8099e2b0fe9", "f809"]) {
      const bare = container({ imageName, imageId: `sha256:${id}` });
      expect(discover([bare], [], now), imageName).toEqual({ actions: [], lookAgainAt: null });
      expect(whyNoNewService(bare.report)).toBe("unnamed_image");
      // Of a known service it shows what runs instead of what was deployed.
      expect(discover([bare], [service()], now).actions).toMatchObject([
        { kind: "present", image: null },
      ]);
    }
  });

  test("becomes a service as soon as the engine has a name for its image", () => {
    const tagged = container(
      { imageName: "f809", imageId: `sha256:${id}`, imageNames: ["b/app:v1"] },
      { isNew: false },
    );
    expect(kinds(discover([tagged], [], now))).toEqual(["create"]);
  });

  test.each(["docker.io/library/f8099e2b0fe9", "docker.io/untagged/f8099e2b0fe9"])(
    "and whose service was called %s gets its image's name",
    (imageName) => {
      const report = {
        imageName: "f8099e2b0fe9",
        imageId: `sha256:${id}`,
        imageNames: ["b/app:v1"],
      };
      const old = container(report, { isNew: false });
      expect(discover([old], [service({ imageName })], now).actions).toMatchObject([
        { kind: "present", image: { name: "b/app", tag: "v1" } },
      ]);
    },
  );
});
