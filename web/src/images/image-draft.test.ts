import { describe, expect, it } from "vitest";
import { ImageDraft, NewImage } from "./image-draft.svelte.ts";

describe("ImageDraft", () => {
  it("knows whether anything was changed, against what is stored by now", () => {
    let stored: { name: string; registryConnectionId: string | null } = {
      name: "api",
      registryConnectionId: null,
    };
    const draft = new ImageDraft(() => stored);
    expect(draft.changed).toBe(false);
    draft.name = " api ";
    expect(draft.changed).toBe(false);
    draft.registryId = "r1";
    expect(draft.changed).toBe(true);
    expect(draft.body).toEqual({ name: "api", registryConnectionId: "r1" });
    stored = { name: "api", registryConnectionId: "r1" };
    expect(draft.changed).toBe(false);
    draft.registryId = "";
    expect(draft.body.registryConnectionId).toBeNull();
  });
});

describe("NewImage", () => {
  it("is not sent with a tag filter that is none", () => {
    const made = new NewImage();
    made.name = "api";
    made.imageName = " ghcr.io/acme/api ";
    expect(made.body).toEqual({
      name: "api",
      imageName: "ghcr.io/acme/api",
      tagFilter: "latest",
    });
    made.tagFilter = "";
    expect([made.body, made.filterProblem]).toEqual([null, expect.any(String)]);
  });
});
