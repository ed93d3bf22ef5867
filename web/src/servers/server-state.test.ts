import { expect, it } from "vitest";
import type { Server } from "$lib/api/model.ts";
import { discovered, ServerState } from "./server-state.svelte.ts";

const server = { name: "edge-1", status: "online", revokedAt: null, engineError: null } as Server;
const state = (more: Partial<Server> = {}, refusal: string | null = null) =>
  new ServerState(
    () => ({ ...server, ...more }),
    () => refusal,
  );

it("asks nothing of an agent that is not connected", () => {
  expect(state().refusal).toBeNull();
  expect(state({ status: "offline" }).refusal).toBe("The agent of edge-1 is not connected.");
  expect(state({ status: "offline" }, "Your role is viewer.").refusal).toBe("Your role is viewer.");
});

it("says what keeps it from working, the cause before its effect", () => {
  expect(state().trouble).toBeNull();
  expect(state({ status: "offline", revokedAt: "2026-01-01" }).trouble).toBe("revoked");
  expect(state({ status: "pending" }).trouble).toBe("pending");
  expect(state({ status: "offline", engineError: "gone" }).trouble).toBe("offline");
  expect(state({ engineError: "gone" }).trouble).toBe("engine");
  expect([state({ status: "pending" }).joined, state({ status: "offline" }).joined]).toEqual([
    false,
    true,
  ]);
});

it("waits for the server", () => {
  const nothing = new ServerState(
    () => undefined,
    () => null,
  );
  expect([nothing.refusal, nothing.connected, nothing.trouble]).toEqual([null, false, null]);
});

it("tells what was found and what is missing", () => {
  expect(discovered({ services: [1, 2], missing: [] })).toBe("2 services found.");
  expect(discovered({ services: [1], missing: ["db", "web"] })).toBe(
    "1 service found; missing: db and web.",
  );
});
