import { expect, test } from "vitest";
import { checkTargetUrl, mailTarget, ntfyTopic, type TargetKind } from "./target.ts";

test.each([
  ["webhook", "https://hooks.example.com/bridgeport?x=1"],
  ["webhook", "http://127.0.0.1:9000/hook"],
  ["slack", "https://hooks.slack.com/services/T/B/x"],
  ["ntfy", "https://ntfy.sh/my_topic-1"],
  ["email", "smtps://bot%40example.com@mail.example.com?to=ops@example.com"],
  ["email", "smtp://localhost:1025?from=bp@example.com&to=a@example.com,b@example.com"],
] satisfies [TargetKind, string][])("%s takes %s", (kind, url) => {
  expect(checkTargetUrl(kind, url)).toEqual({ ok: true });
});

test.each([
  ["webhook", "hooks.example.com/x", "whole URL"],
  ["webhook", "ftp://example.com/x", "not with ftp://"],
  ["webhook", "javascript:alert(1)", "not with javascript://"],
  ["webhook", "https://u:p@example.com/", "user name or password"],
  ["webhook", "https://example.com/#x", "after #"],
  ["webhook", `https://example.com/${"x".repeat(2000)}`, "at most 2000"],
  ["ntfy", "https://ntfy.sh/", "topic"],
  ["ntfy", "https://ntfy.sh/two words", "topic"],
  ["email", "ops@example.com", "smtps://"],
  ["email", "https://mail.example.com?to=a@b.c", "not with https://"],
  ["email", "smtp://mail.example.com", "whom to write to"],
  ["email", "smtp://mail.example.com?to=ops", "no e-mail address"],
  ["email", "smtp://mail.example.com?to=ops@example.com", "who writes"],
  ["email", "smtp://u:p@mail.example.com?to=ops@example.com&from=a@b.c", "a password"],
  ["email", "smtp://100%@mail.example.com?to=ops@example.com&from=a@b.c", "written as %25"],
  ["mqtt", "mqtt://100%@broker.example.com/topic", "written as %25"],
] satisfies [TargetKind, string, string][])("%s refuses %s", (kind, url, why) => {
  expect(checkTargetUrl(kind, url)).toMatchObject({
    ok: false,
    message: expect.stringContaining(why) as string,
  });
});

test("the port follows from the scheme", () => {
  const base = "mail.example.com?from=a@example.com&to=b@example.com";
  expect(mailTarget(`smtps://${base}`)).toMatchObject({ port: 465, secure: true });
  expect(mailTarget(`smtp://${base}`)).toMatchObject({ port: 587, secure: false });
});

test("an ntfy server may be below a path", () => {
  expect(ntfyTopic(new URL("https://example.com/push/topic"))).toEqual({
    server: "https://example.com/push",
    topic: "topic",
  });
});
