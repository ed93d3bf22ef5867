import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { Aedes } from "aedes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { alsoAllowing } from "../reach.ts";
import { encrypt } from "../registries/tls.fixture.ts";
import { payloads } from "./payload.fixture.ts";
import { openSender, type Sender, type SenderOptions } from "./send.ts";
import { checkTargetUrl, mqttTarget } from "./target.ts";

/* Against a broker that speaks MQTT itself. */

let broker: Aedes;
let server: Server;
let senders: Sender[];
let published: { topic: string; payload: string; qos: number; retain: boolean }[];

beforeEach(async () => {
  senders = [];
  published = [];
  broker = await Aedes.createBroker();
  broker.authenticate = (_client, user, password, done) =>
    done(null, user === undefined || password?.toString() === "s3cret");
  broker.on("publish", ({ topic, payload, qos, retain }, client) => {
    if (client) published.push({ topic, payload: payload.toString(), qos, retain });
  });
  server = createTcp(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.close()));
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  await new Promise((resolve) => server.close(resolve));
});

const port = () => (server.address() as AddressInfo).port;

function send(url: string, secret: string | null = null, options: SenderOptions = {}) {
  expect(checkTargetUrl("mqtt", url)).toEqual({ ok: true });
  const sender = openSender({ environment: {}, ...options });
  senders.push(sender);
  return sender.send({ kind: "mqtt", url, secret }, payloads.failed, "delivery-1");
}

test("an event is published as JSON and acknowledged", async () => {
  const attempt = await send(`mqtt://127.0.0.1:${port()}/bridgeport/a%20b?retain=true`);
  expect(attempt).toMatchObject({ ok: true, error: null });
  expect(published).toMatchObject([{ topic: "bridgeport/a b", qos: 1, retain: true }]);
  expect(JSON.parse(published[0]?.payload ?? "")).toEqual(payloads.failed);
});

test("without an acknowledgement it is sent all the same", async () => {
  expect(await send(`mqtt://127.0.0.1:${port()}/t?qos=0`)).toMatchObject({ ok: true });
  await expect.poll(() => published).toMatchObject([{ topic: "t", qos: 0, retain: false }]);
});

test("a password is told to the broker, which may refuse it", async () => {
  expect(await send(`mqtt://ops@127.0.0.1:${port()}/t`, "s3cret")).toMatchObject({ ok: true });
  const refused = await send(`mqtt://ops@127.0.0.1:${port()}/t`, "another");
  expect(refused).toMatchObject({ ok: false });
  expect(refused.error).toMatch(/^The broker refused it: .*(authorized|password)/i);
  expect(published).toHaveLength(1);
});

test("over TLS its certificate is looked at", async () => {
  const secure = await encrypt("localhost", port());
  const url = `mqtts://localhost:${secure.port}/t`;
  try {
    expect((await send(url)).error).toContain("signed by nobody that this machine trusts");
    const authorities = secure.certificate;
    expect(await send(url, null, { authorities })).toMatchObject({ ok: true });
  } finally {
    await secure.stop();
  }
});

test("a broker inside is asked only where an administrator allows it", async () => {
  const inside = await send(`mqtt://localhost:${port()}/t`, null, { allows: alsoAllowing([]) });
  expect(inside.error).toContain("BRIDGEPORT_ALLOWED_TARGETS");
  const never = await send("mqtt://169.254.169.254/t");
  expect(never.error).toContain("which is not asked from here");
  expect(published).toEqual([]);
});

test("where nothing listens, and where nobody speaks MQTT", async () => {
  const gone = createTcp();
  await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
  const { port: free } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  expect((await send(`mqtt://127.0.0.1:${free}/t`)).error).toBe("Nothing listens at that address.");
  const mute = createTcp((socket) => {
    socket.resume();
    socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const attempt = await send(`mqtt://127.0.0.1:${(mute.address() as AddressInfo).port}/t`);
  expect(attempt.ok).toBe(false);
  await new Promise((resolve) => mute.close(resolve));
});

test.each([
  ["https://broker.test/t", "mqtts:// or mqtt://"],
  ["mqtt://u:p@broker.test/t", "a password"],
  ["mqtt://broker.test", "with the topic"],
  ["mqtt://broker.test/a/%2B/b", "with the topic"],
  ["mqtt://broker.test/%zz", "with the topic"],
  ["mqtt://broker.test/t?qos=2", "0 or 1"],
])("%s is refused", (url, why) => {
  expect(checkTargetUrl("mqtt", url)).toMatchObject({
    ok: false,
    message: expect.stringContaining(why) as string,
  });
});

test("the port follows from the scheme", () => {
  expect(mqttTarget("mqtt://b.test/t")).toMatchObject({ port: 1883, secure: false });
  expect(mqttTarget("mqtts://ann@b.test/t")).toMatchObject({
    port: 8883,
    secure: true,
    user: "ann",
  });
});
