import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connections, connectionLimits, peerOf } from "./connections.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

let port = 0;
function socketFrom(remoteAddress: string) {
  port += 1;
  const socket = Object.assign(new EventEmitter(), {
    ...{ remoteAddress, remotePort: port, destroyed: false },
    destroy() {
      if (socket.destroyed) return socket;
      socket.destroyed = true;
      socket.emit("close");
      return socket;
    },
  });
  return socket;
}

function open(limits: Partial<typeof connectionLimits> = {}) {
  const crowded: string[] = [];
  const all = { ...connectionLimits, ...limits };
  const connections = new Connections(all, (address) => crowded.push(address));
  const come = (address = "192.0.2.1") => {
    const socket = socketFrom(address);
    const begun = vi.fn();
    connections.add(socket as never, begun);
    return { socket, peer: peerOf(socket as never), gone: () => socket.destroyed, begun };
  };
  return { connections, crowded, come };
}

const silent = () => vi.advanceTimersByTime(connectionLimits.silentMs);

test("one on which nothing is asked ends, with a certificate too", () => {
  const { connections, come } = open();
  const stranger = come();
  const agent = come();
  connections.certify(agent.peer, "mine");
  silent();
  expect([stranger.gone(), agent.gone(), connections.size]).toEqual([true, true, 0]);
});

test("one that is in use lasts, and has its time again after that", () => {
  const { connections, come } = open();
  const { peer, gone } = come();
  const over = connections.use(peer);
  const second = connections.use(peer);
  silent();
  over();
  silent();
  expect(gone()).toBe(false);
  second();
  vi.advanceTimersByTime(connectionLimits.silentMs - 1);
  expect(gone()).toBe(false);
  vi.advanceTimersByTime(1);
  expect(gone()).toBe(true);
});

test("strangers count by network, and those in use or with a certificate do not", () => {
  const { connections, crowded, come } = open({ strangers: { ofSource: 2, ofAll: 100 } });
  const agent = come("2001:db8::1");
  connections.certify(agent.peer, "mine");
  const enrolling = come("2001:db8::1");
  connections.use(enrolling.peer);
  const [first, second, elsewhere] = [
    come("2001:db8::2"),
    come("2001:db8::3"),
    come("2001:db8:0:1::"),
  ];
  expect(first.gone()).toBe(false);
  const last = come("2001:db8::4");
  expect([agent, enrolling, first, second, elsewhere, last].map(({ gone }) => gone())).toEqual([
    ...[false, false, true, false, false, false],
  ]);
  expect(crowded).toEqual(["2001:db8::2"]);
});

test("IPv4 on a socket for both counts by its own address", () => {
  const { crowded, come } = open({ strangers: { ofSource: 1, ofAll: 100 } });
  come("::ffff:192.0.2.1");
  come("::ffff:192.0.2.2");
  expect(crowded).toEqual([]);
  come("::ffff:192.0.2.1");
  expect(crowded).toEqual(["192.0.2.1"]);
});

test("many with one certificate and without a stream push out each other only", () => {
  const { connections, come } = open({ ofCertificate: 2 });
  const of = (certificate: string) => {
    const connection = come();
    connections.certify(connection.peer, certificate);
    return connection;
  };
  const other = of("other");
  const streaming = of("mine");
  connections.use(streaming.peer);
  const mine = [of("mine"), of("mine"), of("mine")];
  expect([other, streaming, ...mine].map(({ gone }) => gone())).toEqual([
    ...[false, false, true, false, false],
  ]);
});

test("what has closed is forgotten, whatever is still said of it", () => {
  const { connections, come } = open();
  const { socket, peer } = come();
  const over = connections.use(peer);
  socket.destroy();
  over();
  connections.certify(peer, "mine");
  connections.use(peer)();
  expect([connections.size, vi.getTimerCount()]).toEqual([0, 0]);
});

test("an IPv6 site that comes from each of its networks pushes out itself only", () => {
  const { come } = open({ strangers: { ofSource: 512, ofAll: 20 } });
  const agents = [come("192.0.2.7"), come("192.0.2.7")];
  const flood = Array.from({ length: 100 }, (_, at) => come(`2001:db8:7:${at.toString(16)}::1`));
  expect(agents.map(({ gone }) => gone())).toEqual([false, false]);
  expect(flood.filter(({ gone }) => !gone())).toHaveLength(18);
});

test("TLS begins with the first byte, and few are on their way at the same time", () => {
  const { connections, come } = open({ turns: 2 });
  const speak = () => {
    const one = come();
    one.socket.emit("readable");
    return one;
  };
  const silent = come();
  const [first, second, third, fourth] = [speak(), speak(), speak(), speak()];
  const begun = () =>
    [silent, first, second, third, fourth].map((one) => one.begun.mock.calls.length);
  expect(begun()).toEqual([0, 1, 1, 0, 0]);
  // With a certificate it is on its way until something is asked.
  connections.certify(first.peer, "mine");
  vi.advanceTimersByTime(connectionLimits.strangersTurnMs);
  expect(begun()).toEqual([0, 1, 1, 0, 1]);
  connections.use(first.peer);
  expect(begun()).toEqual([0, 1, 1, 1, 1]);
});

test("one that goes while it waits is not begun, and one that goes on its way makes room", () => {
  const { come } = open({ turns: 1 });
  const all = [come(), come(), come()];
  for (const { socket } of all) socket.emit("readable");
  all[2]?.socket.destroy();
  all[0]?.socket.destroy();
  expect(all.map(({ begun }) => begun.mock.calls.length)).toEqual([1, 1, 0]);
});

test("with a certificate and without a stream it counts as on its way for a while", () => {
  const { connections, come } = open({ turns: 1 });
  const [stuck, next] = [come(), come()];
  stuck.socket.emit("readable");
  next.socket.emit("readable");
  connections.certify(stuck.peer, "mine");
  vi.advanceTimersByTime(connectionLimits.certifiedTurnMs - 1);
  expect(next.begun).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(next.begun).toHaveBeenCalledOnce();
});
