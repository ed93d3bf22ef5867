import { expect, test } from "vitest";
import { system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openLimits } from "../open-limits.ts";
import { Problem } from "../problem.ts";
import { LiveClient, type LiveMessage, type Teller } from "./client.ts";

const plan = "plan:01890000-0000-7000-8000-000000000001";

function wire() {
  const sent: LiveMessage[] = [];
  return {
    sent,
    waiting: 0,
    written: [] as (() => void)[],
    send(text: string, written?: () => void) {
      sent.push(JSON.parse(text) as LiveMessage);
      if (written) this.written.push(written);
    },
    close() {},
    buffered() {
      return this.waiting;
    },
  };
}

test("a client that falls behind misses messages, then is told to resync, once", () => {
  const socket = wire();
  const client = new LiveClient(socket, async () => () => {});
  client.send({ event: "one" });
  socket.waiting = 2_000_000;
  client.send({ event: "two" });
  client.send({ event: "three" });
  socket.waiting = 0;
  client.send({ event: "four" });
  client.send({ event: "five" });
  expect(socket.sent.map(({ event }) => event)).toEqual(["one", "resync", "four", "five"]);
});

test("nothing is followed before the client is known", async () => {
  let followed = 0;
  const client = new LiveClient(wire(), async () => {
    followed++;
    return () => {};
  });
  await client.subscribe([plan]);
  expect(followed).toBe(0);
  client.authenticated(system);
  await client.subscribe([plan, plan]);
  expect(followed).toBe(1);
});

test("a topic that the actor may not see, or that does not exist, is an error message", async () => {
  const socket = wire();
  const client = new LiveClient(socket, async () => null);
  client.authenticated(system);
  const dashes = `plan:${"-".repeat(36)}`;
  await client.subscribe([plan, "nonsense", dashes]);
  expect(socket.sent.map(({ topic, event }) => [topic, event])).toEqual([
    [undefined, "ready"],
    [plan, "error"],
    ["nonsense", "error"],
    [dashes, "error"],
  ]);
});

test("what has ended may be subscribed to again, and what goes on says so again", async () => {
  const socket = wire();
  const tellers: Teller[] = [];
  const client = new LiveClient(socket, async (_actor, _kind, _id, teller) => {
    tellers.push(teller);
    return () => {};
  });
  client.authenticated(system);
  await client.subscribe([plan]);
  await client.subscribe([plan]);
  expect(tellers).toHaveLength(1);
  tellers[0]?.end();
  await client.subscribe([plan]);
  expect(tellers).toHaveLength(2);
  expect(socket.sent.map(({ event }) => event)).toEqual(["ready", ...Array(3).fill("subscribed")]);
});

test("a closed client stops what it followed, also what was being set up", async () => {
  let stopped = 0;
  let finish: (stop: () => void) => void = () => {};
  const client = new LiveClient(wire(), () => new Promise((resolve) => (finish = resolve)));
  client.authenticated(system);
  const subscribing = client.subscribe([plan]);
  client.close();
  finish(() => stopped++);
  await subscribing;
  expect(stopped).toBe(1);
});

test("what must not be dropped settles when it is on its way, however slow the client", async () => {
  const socket = wire();
  const client = new LiveClient(socket, async (_actor, _kind, _id, teller) => {
    void teller.deliver("lines", 1).then(() => teller.deliver("lines", 2));
    return () => {};
  });
  client.authenticated(system);
  socket.waiting = 2_000_000;
  await client.subscribe([plan]);
  const lines = () => socket.sent.filter(({ event }) => event === "lines").length;
  expect(lines()).toBe(1);
  socket.written.shift()?.();
  await expect.poll(() => lines()).toBe(2);
});

test("a topic that cannot be followed now says why, and may be tried again", async () => {
  const socket = wire();
  let connected = false;
  const client = new LiveClient(socket, async () => {
    if (!connected) throw new Problem("agent_unavailable", "agent_unavailable", "not connected");
    return () => {};
  });
  client.authenticated(system);
  await client.subscribe([plan]);
  connected = true;
  await client.subscribe([plan]);
  expect(socket.sent.map(({ event, data }) => [event, data])).toEqual([
    ["ready", undefined],
    ["error", { error: "not connected" }],
    ["subscribed", undefined],
  ]);
});

test("one topic too many is refused with the number, and one that was left makes room", async () => {
  const socket = wire();
  const client = new LiveClient(socket, async () => () => {});
  client.authenticated(system);
  const topics = Array.from({ length: openLimits.topicsOfWebSocket }, () => `plan:${newId()}`);
  await client.subscribe(topics);
  await client.subscribe([plan]);
  expect(socket.sent.at(-1)).toMatchObject({
    topic: plan,
    event: "error",
    data: { error: expect.stringContaining(`at most ${openLimits.topicsOfWebSocket}`) },
  });
  client.unsubscribe(topics.slice(0, 1));
  await client.subscribe([plan]);
  expect(socket.sent.at(-1)).toMatchObject({ topic: plan, event: "subscribed" });
});
