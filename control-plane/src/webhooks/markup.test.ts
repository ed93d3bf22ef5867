import { describe, expect, test } from "vitest";
import type { Payload } from "./events.ts";
import { httpMessage, mailMessage } from "./message.ts";
import { payloads } from "./payload.fixture.ts";
import type { TargetKind } from "./target.ts";

/** What an agent, a registry or a label may be called. */
const hostile = [
  "@everyone",
  "@here and @channel, <!channel> <!here|x>",
  "<@1234> <@&1234> <@U024BE7LH> <#C024BE7LR> <at>Ada</at>",
  "[Log in](https://evil.test/) ![x](https://evil.test/x.png)",
  "[Log in][1]\n[1]: https://evil.test",
  "<https://evil.test|Log in> https://evil.test www.evil.test mailto:x@evil.test",
  "a|https://evil.test>*<https://evil.test|b",
  "**bold** *it* __under__ _it_ ~~gone~~ ~gone~ ||spoiler|| `code` ```block```",
  "\n# Heading\n> quote\n>>> quote\n- list\n+ list\n1. list\n-# small",
  "\\[x\\](https://evil.test) \\*\\*x",
  '<script>alert(1)</script><img src=x onerror=alert(1)><a href="https://evil.test">x</a>',
  "&lt;b&gt; &amp; &#60;",
  "{{DATE(2026-01-01T00:00:00Z,SHORT)}} {{{x}}}",
  "\r\nBcc: all@evil.test\r\n\r\nbody",
  "safe\u202egnp.exe \u200b\u2066x\u2069 \u0007\u001b[31m",
  "😀 über-app_1.2:v3@sha256:abc",
];

const ours = "https://bp.test/";

/** A payload of which everything but our own page and the time is this text. */
function saying(text: string, payload: Payload): Payload {
  const put = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return key === "url" ? value : text;
    if (Array.isArray(value)) return value.map((one) => put(one, ""));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, put(one, name)]));
  };
  const { event, at, environment, data } = payload;
  const changed = { environment: put(environment, ""), data: put(data, "") };
  return { event, at, ...changed } as Payload;
}

const cases = hostile.flatMap((text) =>
  Object.values(payloads).map((payload: Payload) => [text, payload.event, payload] as const),
);
function sent(kind: TargetKind, text: string, payload: Payload) {
  const target = { kind, url: "https://hooks.test/x", secret: null };
  return JSON.parse(httpMessage(target, saying(text, payload), "d").body);
}

/** What is not seen, but for the space by which links and mentions are kept apart. */
const unseen = /(?![\n\u200b])[\p{Cc}\p{Cf}]/u;

describe.each(cases)("%j in %s", (text, _, payload) => {
  test("Teams: every text is literal, and no function is called", () => {
    const { attachments } = sent("teams", text, payload);
    const [{ content }] = attachments;
    expect(Object.keys(content).sort()).toEqual(["$schema", "actions", "body", "type", "version"]);
    expect(content.actions).toEqual([
      { type: "Action.OpenUrl", title: "Open in Bridgeport", url: payload.data.url },
    ]);
    for (const { type, inlines } of content.body) {
      expect(type).toBe("RichTextBlock");
      for (const run of inlines) {
        expect(run.type).toBe("TextRun");
        expect(run).not.toHaveProperty("selectAction");
        expect(run.text).not.toMatch(/\{\{/);
        expect(run.text).not.toMatch(unseen);
      }
    }
  });

  test("Discord: nobody is called, and every sign of Markdown is escaped", () => {
    const { embeds, allowed_mentions, ...rest } = sent("discord", text, payload);
    expect(rest).toEqual({});
    expect(allowed_mentions).toEqual({ parse: [] });
    const [{ title, description, url }] = embeds;
    expect(url).toBe(payload.data.url);
    expect(title).not.toContain("\n");
    for (const part of [title, description]) {
      expect(part).not.toMatch(unseen);
      const bare = part.replaceAll(/\\./gs, "");
      expect(bare).not.toMatch(/[\\*_~`|>#[\]()<@]|:\/\//);
      expect(part).not.toMatch(/^[^\S\u200b]*([-+]|\d+\.) /m);
    }
  });

  test("Slack: a block of literal texts with one link, ours", () => {
    const { text: plain, blocks, ...rest } = sent("slack", text, payload);
    expect(rest).toEqual({ unfurl_links: false, unfurl_media: false });
    const [{ type, elements }] = blocks;
    expect(type).toBe("rich_text");
    const inner = elements.flatMap((section: { type: string; elements: object[] }) => {
      expect(section.type).toBe("rich_text_section");
      return section.elements;
    });
    const [link, ...texts] = inner;
    expect(link).toMatchObject({ type: "link", url: payload.data.url });
    for (const one of texts) expect(one).toEqual({ type: "text", text: expect.any(String) });

    // What Mattermost shows: one link, no mention, one line for each of ours.
    const start = `*<${payload.data.url}|`;
    expect(plain.startsWith(start)).toBe(true);
    const others = plain.slice(start.length).replace(">*", "");
    expect(others).not.toMatch(/[<>]|:\/\/|www\.|mailto:|@(?!\u200b)/);
    expect(others.replaceAll(/&(amp|lt|gt);/g, "")).not.toContain("&");
    expect(others.replaceAll(/\\./gs, "")).not.toMatch(/[\\*_~`#[\]]/);
    expect(plain.split("\n").length).toBe(inner.length);
  });

  test("e-mail: text only, in which nothing but our page is an address to click", () => {
    const mail = mailMessage(saying(text, payload));
    expect(Object.keys(mail).sort()).toEqual(["subject", "text"]);
    expect(mail.subject).not.toMatch(/[\r\n]/);
    expect(mail.text).not.toMatch(unseen);
    expect(mail.text.match(/\w+:\/\/\S*/g)).toEqual([payload.data.url]);
    expect(mail.text).not.toMatch(/www\.|mailto:/);
    expect(payload.data.url.startsWith(ours)).toBe(true);
  });
});

test("what is no markup is told as it is", () => {
  const name = "über-app-1.2:v3 (arm64)";
  for (const kind of ["slack", "discord", "teams"] as const) {
    const { event, at, environment, data } = payloads.offline;
    const server = { id: "s", name: "über-app-1.2:v3" };
    const payload = { event, at, environment, data: { ...data, server } } as Payload;
    const target = { kind, url: "https://hooks.test/x", secret: null };
    expect(httpMessage(target, payload, "d").body).toContain("Server über-app-1.2:v3 is offline");
  }
  const offline = {
    ...payloads.offline,
    data: { ...payloads.offline.data, server: { id: "s", name } },
  };
  expect(mailMessage(offline as Payload).text).toContain(`Server ${name} is offline`);
});
