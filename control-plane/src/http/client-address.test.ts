import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { isNetwork } from "../networks.ts";
import { clientAddress, sourceOf } from "./client-address.ts";

async function addressOf(
  trusted: string[],
  remoteAddress: string,
  headers: Record<string, string> = {},
) {
  const app = new Hono();
  app.get("/", (c) => c.text(clientAddress(trusted)(c)));
  const answer = await app.request("/", { headers }, { incoming: { socket: { remoteAddress } } });
  return answer.text();
}

describe("where a request comes from", () => {
  test.each<[string, string[], string, string | undefined, string]>([
    ["the connection", [], "192.0.2.1", undefined, "192.0.2.1"],
    ["not what a stranger writes", [], "192.0.2.1", "10.0.0.1", "192.0.2.1"],
    [
      "not what a stranger writes beside a proxy",
      ["10.0.0.1"],
      "192.0.2.1",
      "10.0.0.1",
      "192.0.2.1",
    ],
    ["what a trusted proxy writes", ["127.0.0.1"], "::ffff:127.0.0.1", "192.0.2.7", "192.0.2.7"],
    [
      "not what was written before it",
      ["127.0.0.1"],
      "127.0.0.1",
      "6.6.6.6, 192.0.2.7",
      "192.0.2.7",
    ],
    ["through two of them", ["10.0.0.0/8"], "10.0.0.1", "192.0.2.7, 10.1.1.1", "192.0.2.7"],
    [
      "through two of different networks, past a forged hop",
      ["10.0.0.0/8", "2001:db8:f::/48"],
      "2001:db8:f::2",
      "10.9.9.9, 198.51.100.4, 10.1.1.1",
      "198.51.100.4",
    ],
    [
      "the first proxy, where all are",
      ["10.0.0.0/8"],
      "10.0.0.1",
      "10.2.2.2, 10.1.1.1",
      "10.2.2.2",
    ],
    ["the proxy, where it writes nonsense", ["10.0.0.0/8"], "10.0.0.1", "x", "10.0.0.1"],
    ["the proxy, where it writes nothing", ["10.0.0.0/8"], "10.0.0.1", undefined, "10.0.0.1"],
    ["of either family", ["fd00::/8"], "fd00::1", "2001:db8::5", "2001:db8::5"],
    ["without its port", ["fd00::/8"], "fd00::1", "192.0.2.7:51000", "192.0.2.7"],
    ["without its port and brackets", ["fd00::/8"], "fd00::1", "[2001:db8::5]:443", "2001:db8::5"],
    ["of IPv4 in IPv6", ["10.0.0.0/8"], "::ffff:10.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"],
    ["by a proxy on a link", ["fe80::/10"], "fe80::1%eth0", "192.0.2.7", "192.0.2.7"],
  ])("is %s", async (_, trusted, remote, forwarded, expected) => {
    const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
    expect(await addressOf(trusted, remote, headers as Record<string, string>)).toBe(expected);
  });

  const proxy = "10.0.0.1";
  test.each<[string, string, string]>([
    ["an address", "for=192.0.2.7;proto=https;by=203.0.113.43", "192.0.2.7"],
    [
      "IPv6, quoted, with a port",
      'proto=https; For="[2001:db8:cafe::17]:4711"',
      "2001:db8:cafe::17",
    ],
    ["several hops", 'for=6.6.6.6, for=192.0.2.7, for="10.0.0.2:80"', "192.0.2.7"],
    ["a hidden one", "for=6.6.6.6, for=_hidden", proxy],
    ["unknown", "for=unknown", proxy],
    ["no address", "proto=https", proxy],
  ])("is read from Forwarded: %s", async (_, forwarded, expected) => {
    expect(await addressOf(["10.0.0.0/8"], proxy, { forwarded })).toBe(expected);
  });

  test("is not read from the Forwarded of a client whose proxy writes X-Forwarded-For", async () => {
    const headers = { forwarded: "for=6.6.6.6", "x-forwarded-for": "192.0.2.7" };
    expect(await addressOf(["10.0.0.0/8"], proxy, headers)).toBe("192.0.2.7");
    expect(await addressOf([], proxy, { forwarded: "for=6.6.6.6" })).toBe(proxy);
  });
});

test("a source is an IPv4 address or an IPv6 customer's network", () => {
  expect(sourceOf("192.0.2.1")).toBe("192.0.2.1");
  expect(sourceOf("2001:db8:0:1::5")).toBe("2001:db8:0:1::/64");
  expect(sourceOf("2001:0db8:0:1:2:3:4:5")).toBe("2001:db8:0:1::/64");
  expect(sourceOf("::1")).toBe("0:0:0:0::/64");
  expect(sourceOf("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
  expect(sourceOf("unknown")).toBe("unknown");
});

test.each([
  ["127.0.0.1", true],
  ["10.0.0.0/8", true],
  ["::1", true],
  ["fd00::/8", true],
  ["10.0.0.0/33", false],
  ["proxy.test", false],
  ["10.0.0.0/8/8", false],
])("%s as a network: %s", (text, is) => expect(isNetwork(text)).toBe(is));
