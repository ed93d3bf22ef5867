import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { httpMessage, mailMessage, type Target } from "./message.ts";
import { notice } from "./notice.ts";
import { payloads } from "./payload.fixture.ts";

const target = (kind: Target["kind"], more: Partial<Target> = {}): Target => ({
  kind,
  url: "https://hooks.test/x",
  secret: null,
  ...more,
});
const sent = (to: Target, payload = payloads.failed) => {
  const message = httpMessage(to, payload, "delivery-1");
  return { ...message, json: JSON.parse(message.body) as Record<string, unknown> };
};

test("a release is told with all of its images", () => {
  const { data } = payloads.failed;
  const target = (imageName: string, tag: string | null) => ({
    image: { id: null, imageName },
    ...{ tag, digest: data.digest },
  });
  const targets = [target("registry.test/app", "v2"), target("registry.test/pay", null)];
  const told = notice({ ...payloads.failed, data: { ...data, targets } });
  expect(told.title).toBe("A release of 2 images could not be deployed");
  expect(told.lines).toContain("Images: registry.test/app:v2, registry.test/pay:bbbbbbbbbbbb");
});

describe("kind webhook", () => {
  test("is the payload itself, named in the headers", () => {
    const message = sent(target("webhook"));
    expect(message.json).toEqual(payloads.failed);
    expect(message.headers).toMatchObject({
      "Content-Type": "application/json",
      "X-Webhook-Event": "deployment.failed",
      "X-Webhook-Delivery": "delivery-1",
    });
    expect(message.headers).not.toHaveProperty("X-Webhook-Signature");
  });

  test("is signed over the very bytes", () => {
    const message = sent(target("webhook", { secret: "s3cret" }));
    const expected = createHmac("sha256", "s3cret").update(message.body).digest("hex");
    expect(message.headers["X-Webhook-Signature"]).toBe(`sha256=${expected}`);
  });
});

describe("chat services", () => {
  test("Slack: one text, nothing in it can become a link or a mention", () => {
    const { json } = sent(target("slack"));
    expect(json.text).toContain(
      "*<https://bp.test/e/production/plans/p|registry.test/app:v2 could not be deployed>*",
    );
    expect(json.text).toContain("&lt;exit&gt; &amp; gone");
  });

  test("Discord: an embed without mentions", () => {
    const { json } = sent(target("discord"));
    expect(json).toMatchObject({
      embeds: [
        {
          title: "registry.test/app:v2 could not be deployed",
          url: "https://bp.test/e/production/plans/p",
          timestamp: "2026-11-23T12:00:00.000Z",
        },
      ],
      allowed_mentions: { parse: [] },
    });
  });

  test("Teams: an adaptive card with a button", () => {
    const { json } = sent(target("teams"));
    expect(json).toMatchObject({
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          content: { type: "AdaptiveCard", actions: [{ type: "Action.OpenUrl" }] },
        },
      ],
    });
  });

  test("ntfy: JSON to the server, with the topic and a token", () => {
    const to = target("ntfy", { url: "https://push.test/base/my-topic", secret: "tk_1" });
    const message = sent(to);
    expect(message.url).toBe("https://push.test/base");
    expect(message.headers.Authorization).toBe("Bearer tk_1");
    expect(message.json).toMatchObject({ topic: "my-topic", priority: 4, tags: ["warning"] });
  });

  describe("what an agent reports is no markup", () => {
    const error =
      "[Log in](https://evil.test/) **now** @everyone <https://evil.test> https://evil.test `x` # y";
    const data = { ...payloads.failed.data, error };
    const reported = { ...payloads.failed, data };

    test("in Teams: literal text", () => {
      const { body } = httpMessage(target("teams"), reported, "d");
      const { content } = (JSON.parse(body) as { attachments: { content: { body: object[] } }[] })
        .attachments[0] ?? { content: { body: [] } };
      expect(content.body.length).toBeGreaterThan(1);
      // Of these only a TextRun is taken literally.
      for (const block of content.body) {
        expect(block).toMatchObject({ type: "RichTextBlock", inlines: [{ type: "TextRun" }] });
      }
      expect(body).toContain(JSON.stringify(`Error: ${error}`));
    });

    test("in Discord: every sign of its Markdown escaped, and no bare link", () => {
      const { body } = httpMessage(target("discord"), reported, "d");
      const { embeds } = JSON.parse(body) as { embeds: { description: string }[] };
      const description = embeds[0]?.description ?? "";
      expect(description).toContain("\\[Log in\\]\\(https\\://evil.test/\\) \\*\\*now\\*\\*");
      const bare = description.replaceAll(/\\./g, "");
      expect(bare).not.toMatch(/[[\]()*_~`|<>#@]|:\/\//);
    });
  });

  test("long errors are cut, not refused by the service", () => {
    const data = { ...payloads.failed.data, error: "x".repeat(50_000) };
    const long = { ...payloads.failed, data };
    for (const kind of ["slack", "discord", "ntfy"] as const) {
      const to = target(kind, { url: "https://hooks.test/topic" });
      expect(httpMessage(to, long, "d").body.length).toBeLessThan(6000);
    }
    expect(httpMessage(target("teams"), long, "d").body.length).toBeLessThan(28_000);
  });
});

test("an e-mail's subject is one line", () => {
  const data = { message: "two\r\nBcc: everybody@example.com", url: "https://bp.test/" };
  const { subject, text } = mailMessage({ ...payloads.test, data });
  expect(subject).toBe("[Bridgeport] two Bcc: everybody@example.com");
  expect(text).toContain("https://bp.test/");
});

test.each([
  [payloads.failed, "registry.test/app:v2 could not be deployed", "bad"],
  [payloads.update, "app: v2 is available", "neutral"],
  [payloads.offline, "Server one is offline", "bad"],
  [payloads.twoAgents, "Server one: two agents use its certificates", "bad"],
  [payloads.drift, "web on one runs something else than was deployed", "bad"],
] as const)("$event in words", (payload, title, tone) => {
  expect(notice(payload)).toMatchObject({ title, tone, url: payload.data.url });
});
