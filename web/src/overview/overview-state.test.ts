import { expect, it } from "vitest";
import type { Image, Plan, Registry, Server, Service } from "$lib/api/model.ts";
import type { World } from "./attention.ts";
import { OverviewState } from "./overview-state.svelte.ts";

const plan = (id: string, status: Plan["status"]) =>
  ({ id, status, startedAt: "2026-01-01", targets: [], services: [] }) as unknown as Plan;
const service = (status: Service["status"], behind = false) =>
  ({ status, behind, drift: null }) as Service;
const server = (status: Server["status"]) =>
  ({ status, revokedAt: null, engineError: null, certificateExpiresAt: null }) as Server;
const empty: World = {
  ...{ plans: [], servers: [], services: [], images: [], registries: [], authority: null },
};
const world: World = {
  ...empty,
  plans: [plan("a", "running"), plan("b", "completed"), plan("c", "pending")],
  servers: [server("online")],
  services: [service("healthy"), service("running", true), service("stopped")],
  images: [{ registryConnectionId: "r", updateAvailable: false } as Image],
  registries: [{ lastError: null } as Registry],
};
const state = (of: World | null) => new OverviewState(() => of);
const ids = (plans: readonly Plan[]) => plans.map(({ id }) => id);

it("waits for all of it", () => {
  const { attention, running, recent, onboarding, figures, allRight } = state(null);
  expect([attention, running, recent, figures]).toEqual([[], [], [], []]);
  expect([onboarding, allRight]).toEqual([null, false]);
});

it("leads who has just begun, and counts nothing where nothing is", () => {
  const begun = state(empty);
  expect(begun.onboarding).toMatchObject({ serversConnected: 0, deployments: 0 });
  expect([begun.figures, begun.allRight]).toEqual([[], false]);
  expect(state({ ...empty, servers: [server("pending")] }).onboarding?.serversConnected).toBe(0);
});

it("shows what runs apart from what has ended or waits", () => {
  const shown = state(world);
  expect([ids(shown.running), ids(shown.recent)]).toEqual([["a"], ["b", "c"]]);
  expect(shown.onboarding).toBeNull();
  const many = Array.from({ length: 20 }, (_, at) => plan(String(at), "completed"));
  expect(ids(state({ ...world, plans: many }).recent)).toHaveLength(8);
});

it("counts what is online, runs and is behind", () => {
  expect(state(world).figures.map(({ value, of }) => [value, of])).toEqual([
    [1, 1],
    [2, 3],
    [1, 3],
    [1, null],
  ]);
});
