import { expect, it } from "vitest";
import { ServerDraft } from "./server-draft.svelte.ts";

it("sends what was typed", () => {
  const draft = new ServerDraft(null);
  draft.name = " edge-1 ";
  draft.tags = "eu, gpu";
  expect(draft.body).toEqual({ name: "edge-1", hostname: null, tags: ["eu", "gpu"] });
});

it("begins with what is there, and takes a host name away", () => {
  const before = { name: "edge-1", hostname: "edge-1.example.com", tags: ["eu", "gpu"] };
  const draft = new ServerDraft(before);
  expect(draft.body).toEqual(before);
  draft.hostname = "";
  expect(draft.body.hostname).toBeNull();
});
