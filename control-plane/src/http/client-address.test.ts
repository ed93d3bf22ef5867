import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { isNetwork } from "../networks.ts";
import { clientAddress, sourceOf } from "./client-address.ts";

async function addressOf(trusted: string[], remoteAddress: string, forwarded?: string) {
  const app = new Hono();
  app.get("/", (c) => c.text(clientAddress(trusted)(c)));
  const headers: Record<string, string> =
    forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  const answer = await app.request("/", { headers }, { incoming: { socket: { remoteAddress } } });
  return answer.text();
}

describe("where a request comes from", () => {
  test.each<[string, string[], string, string | undefined, string]>([
    ["the connection", [], "192.0.2.1", undefined, "192.0.2.1"],
    ["not what a stranger writes", [], "192.0.2.1", "10.0.0.1", "192.0.2.1"],
    ["what a trusted proxy writes", ["127.0.0.1"], "::ffff:127.0.0.1", "192.0.2.7", "192.0.2.7"],
    [
      "not what was written before it",
      ["127.0.0.1"],
      "127.0.0.1",
      "6.6.6.6, 192.0.2.7",
      "192.0.2.7",
    ],
    ["through two of them", ["10.0.0.0/8"], "10.0.0.1", "192.0.2.7, 10.1.1.1", "192.0.2.7"],
    ["the proxy, where it writes nonsense", ["10.0.0.0/8"], "10.0.0.1", "x", "10.0.0.1"],
    ["the proxy, where it writes nothing", ["10.0.0.0/8"], "10.0.0.1", undefined, "10.0.0.1"],
    ["of either family", ["fd00::/8"], "fd00::1", "2001:db8::5", "2001:db8::5"],
  ])("is %s", async (_, trusted, remote, forwarded, expected) => {
    expect(await addressOf(trusted, remote, forwarded)).toBe(expected);
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
