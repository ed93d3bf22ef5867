import { describe, expect, it } from "vitest";
import type { Service } from "$lib/api/model.ts";
import { NewService, ServiceDraft } from "./service-draft.svelte.ts";

const service = {
  name: "shop-api",
  healthCheckUrl: null,
  healthWaitMs: null,
  healthRetries: 3,
  healthIntervalMs: 1500,
  healthProbe: "engine",
  deployOrder: "start-first",
} as Service;

describe("ServiceDraft", () => {
  it("begins with what is there, and sends all of it", () => {
    expect(new ServiceDraft(service).body).toEqual(service);
  });
  it("takes a URL away, and spaces around a name", () => {
    const draft = new ServiceDraft({ ...service, healthCheckUrl: "http://localhost/" });
    draft.healthCheckUrl = " ";
    draft.name = " web ";
    expect(draft.body).toMatchObject({ name: "web", healthCheckUrl: null });
  });
});

describe("NewService", () => {
  it("calls its container as itself where nothing else is typed, and has no spec", () => {
    const made = new NewService();
    Object.assign(made, { serverId: "s", containerImageId: "i", name: " web " });
    expect(made.body).toEqual({ name: "web", containerName: "web", containerImageId: "i" });
  });
  it("is not sent with a spec that is none", () => {
    const made = new NewService();
    made.spec = "{ env";
    expect([made.body, made.specProblem]).toEqual([null, expect.stringContaining("JSON")]);
    made.spec = '{"env": ["A=1"]}';
    expect(made.specProblem).toBeNull();
    expect(made.body).toMatchObject({ spec: { env: ["A=1"] } });
  });
});
