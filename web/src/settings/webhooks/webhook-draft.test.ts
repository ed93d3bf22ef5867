import { describe, expect, it } from "vitest";
import type { Webhook } from "$lib/api/model.ts";
import { WebhookDraft } from "./webhook-draft.svelte.ts";

const stored = {
  name: "on call",
  kind: "webhook",
  url: "https://hooks.example.com/a",
  events: ["server.offline"],
  environmentIds: ["e1"],
  enabled: false,
  hasSecret: true,
  headers: null,
  body: null,
  batchMs: null,
  quietHours: null,
} as unknown as Webhook;

describe("its secret", () => {
  it("is kept, replaced, and taken away when that is asked for", () => {
    const draft = new WebhookDraft(stored);
    expect(draft.body).not.toHaveProperty("secret");
    draft.secret = "s3";
    expect(draft.body).toMatchObject({ secret: "s3" });
    draft.secret = "";
    draft.forget = true;
    expect(draft.body).toMatchObject({ secret: null });
  });
  it("is taken away with a kind that has none", () => {
    const draft = new WebhookDraft(stored);
    draft.kind = "slack";
    expect(draft.body).toMatchObject({ kind: "slack", secret: null });
  });
});

it("has its headers as lines, and its times as they were", () => {
  const quietHours = { from: "21:00", to: "06:00", timeZone: "UTC", urgentThrough: false };
  const template = {
    ...stored,
    ...{
      kind: "template",
      headers: { "X-A": "b: c" },
      body: "{{title}}",
      batchMs: 60_000,
      quietHours,
    },
  } as Webhook;
  const draft = new WebhookDraft(template);
  expect(draft.headers).toBe("X-A: b: c");
  expect(draft.body).toMatchObject({
    ...{ headers: { "X-A": "b: c" }, body: "{{title}}", batchMs: 60_000, quietHours },
  });
  draft.headers = "";
  draft.template = " ";
  draft.quiet = false;
  draft.batchSeconds = null;
  expect(draft.body).toMatchObject({ headers: null, body: null, batchMs: null, quietHours: null });
  draft.kind = "webhook";
  expect(draft.body).not.toHaveProperty("headers");
});

it("is of all environments where none is chosen", () => {
  const draft = new WebhookDraft(stored);
  expect(draft.body).toMatchObject({ environmentIds: ["e1"], enabled: false });
  draft.environmentIds = [];
  expect(draft.body.environmentIds).toBeNull();
});

it("tells of what goes wrong, unless something else is chosen", () => {
  expect(new WebhookDraft(null).body).toMatchObject({ enabled: true, environmentIds: null });
  expect(new WebhookDraft(null).body.events).toContain("deployment.failed");
});
