import { afterEach, beforeEach, expect, test } from "vitest";
import { payloads } from "./payload.fixture.ts";
import { openSender, type Sender } from "./send.ts";
import { checkTargetUrl, wrongSecret } from "./target.ts";
import { startVendor, tokens, type Vendor, type VendorTarget } from "./vendor-targets.fixture.ts";

let sender: Sender;
let vendor: VendorTarget | undefined;

beforeEach(() => {
  sender = openSender({ environment: {} });
});
afterEach(async () => {
  await sender.close();
  await vendor?.close();
  vendor = undefined;
});

const query: Record<Vendor, string> = {
  telegram: "?chat_id=-1001234567890&message_thread_id=3",
  gotify: "/push",
  matrix: "?room=!abc:matrix.test",
  pushover: `?user=${"u".repeat(30)}&device=phone`,
};
const kinds = Object.keys(query) as Vendor[];

async function send(kind: Vendor, { secret = tokens[kind], payload = payloads.failed } = {}) {
  vendor ??= await startVendor(kind);
  const url = `${vendor.origin}${query[kind]}`;
  expect(checkTargetUrl(kind, url)).toEqual({ ok: true });
  expect(wrongSecret(kind, tokens[kind])).toBeNull();
  const attempt = await sender.send({ kind, url, secret }, payload, "delivery-1");
  return { attempt, asked: vendor.asked.at(-1) };
}

test.each(kinds)("%s takes it, and says so", async (kind) => {
  const { attempt } = await send(kind);
  expect(attempt).toMatchObject({ ok: true, status: 200, error: null });
});

test.each(kinds)(
  "%s refuses another token: its answer is shown, the token is not",
  async (kind) => {
    const { attempt } = await send(kind, { secret: "123456:another-token-of-some-length" });
    expect(attempt).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^It answered 40[01]\.$/),
    });
    expect(attempt.body).toMatch(/nauthorized|UNKNOWN_TOKEN|invalid/);
    expect(JSON.stringify(attempt)).not.toContain("another-token");
  },
);

test.each(kinds)("%s has a token", (kind) => {
  expect(wrongSecret(kind, null)).toMatch(/^must be the/);
  expect(wrongSecret(kind, "a\nb")).toMatch(/^must be the/);
});

test.each(kinds)("%s: what others wrote is neither a link nor a mention", async (kind) => {
  const error = "see http://evil.test/x and @room <b>now</b>";
  const payload = { ...payloads.failed, data: { ...payloads.failed.data, error } };
  const { asked } = await send(kind, { payload });
  const text = JSON.stringify(asked?.json);
  if (kind !== "gotify") expect(text).not.toContain("http://evil.test");
  if (kind === "telegram") expect(text).not.toContain("@room");
  if (kind === "matrix") {
    expect(asked?.json.formatted_body).toContain("&lt;b&gt;now&lt;/b&gt;");
    expect(asked?.json["m.mentions"]).toEqual({});
  }
  expect(text).toContain("https://bp.test/e/production/plans/p");
});

test.each(kinds)("%s takes a very long event", async (kind) => {
  const error = "x".repeat(100_000);
  const payload = { ...payloads.failed, data: { ...payloads.failed.data, error } };
  const { attempt, asked } = await send(kind, { payload });
  expect(attempt.ok).toBe(true);
  expect(JSON.stringify(asked?.json).length).toBeLessThan(65_000);
});

test("Matrix: the same delivery is the same transaction", async () => {
  const first = await send("matrix");
  const again = await send("matrix");
  expect(again.asked?.path).toBe(first.asked?.path);
  expect(first.asked?.path).toMatch(/\/delivery-1$/);
});

test("what is broken is told louder", async () => {
  const loud = await send("telegram");
  expect(loud.asked?.json).toMatchObject({ disable_notification: false, message_thread_id: 3 });
  const quiet = await sender.send(
    { kind: "telegram", url: `${vendor?.origin}${query.telegram}`, secret: tokens.telegram },
    payloads.recovered,
    "d",
  );
  expect(quiet.ok).toBe(true);
  expect(vendor?.asked.at(-1)?.json).toMatchObject({ disable_notification: true });
});

test.each([
  ["telegram", "https://api.telegram.org", "name the chat"],
  ["telegram", "https://api.telegram.org?chat_id=-1&message_thread_id=x", "a number"],
  ["matrix", "https://matrix.test?room=%23ops:matrix.test", "by its id"],
  ["pushover", "https://api.pushover.net?user=short", "30 letters"],
  ["gotify", "ftp://gotify.test", "not with ftp://"],
] satisfies [Vendor, string, string][])("%s refuses %s", (kind, url, why) => {
  expect(checkTargetUrl(kind, url)).toMatchObject({
    ok: false,
    message: expect.stringContaining(why) as string,
  });
});
