import { expect, it } from "vitest";
import type { AgentAuthorityState } from "$lib/api/model.ts";
import { AuthorityState } from "./authority-state.svelte.ts";

const state = (authority: object | undefined) =>
  new AuthorityState(() => authority as AgentAuthorityState | undefined);

it("waits for the state", () => {
  const { moving, refusal, notYet, late } = state(undefined);
  expect([moving, notYet, late]).toEqual([false, [], []]);
  expect(refusal).toBe("Its state is not known yet.");
});

it("names who has not moved, and who does not by itself", () => {
  const notYet = [
    { id: "1", name: "edge-1", canBeAsked: true },
    { id: "2", name: "edge-2", canBeAsked: false },
  ];
  const moving = state({ previous: [{}], servers: { renewed: 3, notYet } });
  expect([moving.moving, moving.refusal]).toEqual([true, null]);
  expect(moving.shutOut).toEqual(["1", "2"]);
  expect(moving.late.map(({ name }) => name)).toEqual(["edge-2"]);
  expect(state({ previous: [], servers: { renewed: 3, notYet: [] } }).moving).toBe(false);
});
