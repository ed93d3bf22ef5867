import { describe, expect, it } from "vitest";
import type { Registry } from "$lib/api/model.ts";
import { kinds } from "./kinds.ts";
import { RegistryDraft } from "./registry-draft.svelte.ts";

const stored = {
  name: "GHCR",
  type: "ghcr",
  registryUrl: "https://ghcr.io",
  repositoryPrefix: null,
  username: "bot",
  hasToken: true,
  hasPassword: false,
  passwordToAgents: "never",
  isDefault: true,
  refreshIntervalMinutes: 15,
  autoLinkPattern: "ghcr.io/acme/*",
} as unknown as Registry;

describe("a secret", () => {
  it("is kept as long as nothing is typed", () => {
    const draft = new RegistryDraft(stored);
    expect([draft.secretKind, draft.stored]).toEqual(["token", true]);
    expect(draft.body).not.toHaveProperty("token");
    expect(draft.body).not.toHaveProperty("password");
  });
  it("replaces one of the other kind", () => {
    const draft = new RegistryDraft(stored);
    draft.secretKind = "password";
    expect(draft.stored).toBe(false);
    draft.secret = "hunter2";
    expect(draft.body).toMatchObject({ password: "hunter2", token: null });
  });
  it("is taken away where there is none any more, and not named for a new registry", () => {
    const draft = new RegistryDraft(stored);
    draft.secretKind = "none";
    expect(draft.body).toMatchObject({ password: null, token: null });
    expect(new RegistryDraft(null).body).not.toHaveProperty("token");
  });
});

describe("a kind", () => {
  const known = kinds.filter(({ url }) => url !== "");
  it("brings its URL along until another one is typed", () => {
    const [first, second] = known;
    const draft = new RegistryDraft(null);
    draft.type = first?.type ?? "generic";
    expect(draft.registryUrl).toBe(first?.url);
    draft.type = second?.type ?? "generic";
    expect(draft.registryUrl).toBe(second?.url);
    draft.registryUrl = "https://registry.example.com";
    draft.type = first?.type ?? "generic";
    expect(draft.registryUrl).toBe("https://registry.example.com");
  });
});

it("sends what is empty as nothing", () => {
  const draft = new RegistryDraft(stored);
  draft.username = " ";
  draft.autoLinkPattern = "";
  expect(draft.body).toMatchObject({
    username: null,
    autoLinkPattern: null,
    passwordToAgents: "never",
  });
});
