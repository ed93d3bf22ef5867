import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ForwardProxy } from "../../../test/harness/forward-proxy.ts";
import { alsoAllowing } from "../reach.ts";
import { encrypt } from "../registries/tls.fixture.ts";
import type { Attempt } from "./attempt.ts";
import { signatureOf, type Target } from "./message.ts";
import { payloads } from "./payload.fixture.ts";
import { type Receiver, startReceiver } from "./receiver.fixture.ts";
import { openSender, type Sender, type SenderOptions } from "./send.ts";

let proxy: ForwardProxy;
let receiver: Receiver;
let senders: Sender[];

beforeEach(async () => {
  senders = [];
  receiver = await startReceiver();
  proxy = new ForwardProxy();
  await proxy.start();
});
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.close()));
  await receiver.close();
  await proxy.stop();
});

const receiverPort = () => Number(new URL(receiver.url).port);

function send(url: string, options: SenderOptions, more: Partial<Target> = {}): Promise<Attempt> {
  const sender = openSender(options);
  senders.push(sender);
  const target: Target = { kind: "webhook", url, secret: "s3cret", ...more };
  return sender.send(target, payloads.failed, "delivery-1");
}

const through = (login = "") => ({
  HTTP_PROXY: `http://${login}${proxy.host}`,
  HTTPS_PROXY: `http://${login}${proxy.host}`,
});

describe("a target that only the proxy knows", () => {
  test("in the clear: the proxy fetches, and its login is for the proxy alone", async () => {
    proxy.hosts.set("hooks.test:80", receiverPort());
    proxy.login = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
    const sent = await send("http://hooks.test/in?a=b", { environment: through("user:p%40ss@") });
    expect(sent).toMatchObject({ ok: true, status: 200, body: "thanks", error: null });
    expect(proxy.asked).toEqual(["POST http://hooks.test/in?a=b"]);
    const [received] = receiver.received;
    expect(received).toMatchObject({ method: "POST", path: "/in?a=b" });
    expect(received?.headers).toMatchObject({
      host: "hooks.test",
      "x-webhook-delivery": "delivery-1",
      "x-webhook-signature": `sha256=${signatureOf("s3cret", received?.body ?? "")}`,
    });
    expect(received?.headers["proxy-authorization"]).toBeUndefined();
  });

  test("with TLS: through a tunnel that the proxy cannot look into", async () => {
    const tls = await encrypt("hooks.test", receiverPort());
    try {
      proxy.hosts.set("hooks.test:443", tls.port);
      const environment = through();
      const authorities = tls.certificate;
      const sent = await send("https://hooks.test/in", { environment, authorities });
      expect(sent).toMatchObject({ ok: true, status: 200, error: null });
      expect(proxy.asked).toEqual(["CONNECT hooks.test:443"]);
      expect(receiver.received).toMatchObject([{ method: "POST", path: "/in" }]);
      const untrusted = await send("https://hooks.test/in", { environment });
      expect(untrusted).toMatchObject({ ok: false, error: expect.stringMatching(/certificate/) });
      expect(receiver.received).toHaveLength(1);
    } finally {
      await tls.stop();
    }
  });
});

test("this machine, and what NO_PROXY names, is told without the proxy", async () => {
  expect(await send(receiver.url, { environment: through() })).toMatchObject({ ok: true });
  const environment = { ...through(), NO_PROXY: "hooks.test" };
  expect(await send("http://hooks.test/in", { environment })).toMatchObject({
    ok: false,
    error: "The host's name is not known.",
  });
  expect(proxy.asked).toEqual([]);
});

describe("a proxy that cannot be used is named, without its login", () => {
  test.each(["http://hooks.test/in", "https://hooks.test/in"])("%s", async (url) => {
    proxy.hosts.set("hooks.test:80", receiverPort());
    proxy.hosts.set("hooks.test:443", receiverPort());
    proxy.login = "Basic another";
    const refused = await send(url, { environment: through("user:hidden@") });
    expect(refused).toMatchObject({ ok: false, status: null });
    expect(refused.error).toMatch(/^The proxy .* wants a login \(407\)/);
    expect(refused.error).not.toContain("hidden");

    const environment = through("user:hidden@");
    await proxy.stop();
    const gone = await send(url, { environment });
    expect(gone.error).toMatch(/^The proxy .* cannot be reached \(ECONNREFUSED\)/);
    expect(gone.error).not.toContain("hidden");
    proxy = new ForwardProxy();
    await proxy.start();

    const wrong = { HTTP_PROXY: "socks5://u:hidden@p:1080" };
    const named = await send(url, { environment: wrong });
    expect(named.error).toContain("The variable HTTP_PROXY is not the URL of an HTTP proxy");
  });
});

describe("a target inside", () => {
  const direct = { environment: {} };

  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://[fe80::1]:1/",
  ])("%s is never asked", async (url) => {
    const sent = await send(url, direct);
    expect(sent).toMatchObject({ ok: false, status: null, body: null });
    expect(sent.error).toContain("which is not asked from here");
  });

  test("is asked only where an administrator allows it, by name or by address", async () => {
    const port = receiverPort();
    const onlyPublic = { ...direct, allows: alsoAllowing([]) };
    for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"]) {
      const sent = await send(`http://${host}:${port}/`, onlyPublic);
      expect(sent.error).toContain("BRIDGEPORT_ALLOWED_TARGETS");
    }
    expect(receiver.received).toEqual([]);
    const allowed = { ...direct, allows: alsoAllowing(["127.0.0.0/8"]) };
    expect(await send(`http://127.0.0.1:${port}/`, allowed)).toMatchObject({ ok: true });
  });

  test("is asked no more by mail", async () => {
    const url = "smtp://169.254.169.254:25?from=a@example.com&to=b@example.com";
    const sent = await send(url, direct, { kind: "email" });
    expect(sent.error).toContain("which is not asked from here");
  });
});
