import { describe, expect, it } from "vitest";
import { concerns, type World } from "./attention.ts";

const quiet: World = {
  plans: [],
  servers: [],
  services: [],
  images: [],
  registries: [],
  authority: null,
};
/** Only what the rules look at. */
const found = (world: Partial<Record<keyof World, unknown>>) =>
  concerns({ ...quiet, ...world } as World, Date.parse("2030-01-01"));
const titles = (world: Partial<Record<keyof World, unknown>>) =>
  found(world).map(({ title }) => title);
const plan = (id: string, status: string, ...images: string[]) => ({
  id,
  name: `shop ${id}`,
  status,
  targets: (images.length === 0 ? ["i1"] : images).map((image) => ({ containerImageId: image })),
  error: null,
  services: [{ name: "api" }],
});
const service = (name: string, status: string, drift: unknown = null) => ({
  id: name,
  name,
  status,
  drift,
  server: { name: "edge-1" },
});

describe("concerns", () => {
  it("is empty where all is well", () => {
    expect(titles({ services: [service("api", "healthy"), service("job", "stopped")] })).toEqual(
      [],
    );
  });

  it("names plans that wait for approval", () => {
    expect(found({ plans: [plan("v2", "waiting_for_approval")] })).toMatchObject([
      { tone: "warn", title: "shop v2 waits for approval", place: "plans/v2" },
    ]);
    const two = ["v2", "v3"].map((id) => plan(id, "waiting_for_approval"));
    expect(found({ plans: two })).toMatchObject([
      { title: "2 plans wait for approval", place: "plans?status=waiting_for_approval" },
    ]);
  });

  it("names plans that are paused, one with the reason", () => {
    const paused = (id: string) => ({ ...plan(id, "paused"), pausedReason: "Batch 1 is done." });
    expect(found({ plans: [paused("v2")] })).toMatchObject([
      {
        ...{ tone: "warn", title: "shop v2 is paused: it waits for a person", place: "plans/v2" },
        detail: "Batch 1 is done.",
      },
    ]);
    expect(found({ plans: [paused("v2"), paused("v3")] })).toMatchObject([
      { title: "2 plans are paused: they wait for people", place: "plans?status=paused" },
    ]);
  });

  it("names what no agent can connect without before it expires", () => {
    const authority = (expiresAt: string, expiresSoon: boolean) =>
      titles({ authority: { expiresAt, expiresSoon } });
    expect(authority("2045-01-01", false)).toEqual([]);
    expect(authority("2030-06-01", true)).toEqual([
      "The certificate authority of the agents expires within a year",
    ]);
    expect(authority("2029-12-31", true)).toEqual([
      "The certificate authority of the agents has expired",
    ]);
    const server = (name: string, certificateExpiresAt: string | null, more = {}) => ({
      ...{ id: name, name, certificateExpiresAt, status: "online", engineError: null },
      ...{ revokedAt: null, ...more },
    });
    const far = server("far", "2030-09-01");
    const near = server("near", "2030-01-20");
    expect(titles({ servers: [far, server("none", null)] })).toEqual([]);
    expect(found({ servers: [far, near] })).toMatchObject([
      { title: "near has an agent whose certificate expires soon", place: "servers/near" },
    ]);
  });

  it("names a failed plan until a later one of that image completes", () => {
    expect(titles({ plans: [plan("2", "failed"), plan("1", "completed")] })).toEqual([
      "The deployment of shop 2 failed",
    ]);
    expect(titles({ plans: [plan("2", "completed"), plan("1", "failed")] })).toEqual([]);
    expect(titles({ plans: [plan("2", "completed", "i2"), plan("1", "rolled_back")] })).toEqual([
      "shop 1 was rolled back",
    ]);
  });

  it("says an image's newest failure only", () => {
    expect(
      titles({ plans: [plan("2", "cancelled"), plan("1", "failed"), plan("0", "failed")] }),
    ).toEqual(["The deployment of shop 1 failed"]);
  });

  it("names one thing by name, and several together", () => {
    expect(titles({ services: [service("api", "unhealthy")] })).toEqual([
      "api on edge-1 is unhealthy",
    ]);
    const [several] = found({ services: [service("a", "missing"), service("b", "missing")] });
    expect(several).toMatchObject({
      title: "2 services have lost their containers",
      detail: "a on edge-1 and b on edge-1",
      place: "services?status=missing",
    });
  });

  it("puts what is broken before what is only new", () => {
    const image = {
      id: "i",
      name: "web",
      updateAvailable: true,
      lastError: null,
      registryConnectionId: null,
    };
    expect(
      titles({
        images: [image],
        servers: [
          { id: "s", name: "edge-1", status: "offline", engineError: null, revokedAt: null },
        ],
        services: [service("api", "healthy", { expected: "a", actual: "b" })],
      }),
    ).toEqual([
      "edge-1 is offline: its agent is not connected",
      "api on edge-1 runs something else than was deployed",
      "web has an update",
    ]);
  });

  it("tells a server whose certificates are revoked from one that is away", () => {
    const server = { id: "s", name: "edge-1", status: "offline", engineError: null };
    expect(titles({ servers: [{ ...server, revokedAt: "2026-11-23T12:00:00.000Z" }] })).toEqual([
      "edge-1 lets no agent in: its certificates are revoked",
    ]);
  });

  it("blames the registry rather than each of its images", () => {
    const image = (id: string, registryConnectionId: string) => ({
      id,
      name: id,
      updateAvailable: false,
      lastError: "503",
      registryConnectionId,
    });
    expect(
      titles({
        registries: [{ id: "r1", name: "harbor", lastError: "503" }],
        images: [image("a", "r1"), image("b", "r2")],
      }),
    ).toEqual(["The registry harbor cannot be read", "b could not be checked for updates"]);
  });
});
