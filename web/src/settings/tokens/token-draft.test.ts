import { expect, it } from "vitest";
import { TokenDraft } from "./token-draft.svelte.ts";

const now = Date.parse("2026-01-01T00:00:00Z");

it("ends after the days that are chosen, or never", () => {
  const draft = new TokenDraft();
  draft.name = " shop pipeline ";
  expect(draft.bodyAt(now)).toEqual({
    name: "shop pipeline",
    role: "viewer",
    expiresAt: "2026-04-01T00:00:00.000Z",
  });
  draft.days = "";
  expect(draft.bodyAt(now).expiresAt).toBeNull();
});

it("names environments only where some are chosen", () => {
  const draft = new TokenDraft();
  draft.environmentIds.push("e1");
  expect(draft.bodyAt(now)).toMatchObject({ environmentIds: ["e1"] });
});
