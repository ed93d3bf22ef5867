import { lookup as resolve } from "node:dns/promises";
import { expect, test } from "vitest";
import {
  AddressRefused,
  alsoAllowing,
  checkLiteral,
  guardedLookup,
  isTarget,
  reachOf,
  reachOfHost,
  upTo,
} from "./reach.ts";

test.each([
  ["8.8.8.8", "public"],
  ["2606:4700::1111", "public"],
  ["172.32.0.1", "public"],
  ["10.1.2.3", "private"],
  ["172.31.255.255", "private"],
  ["192.168.0.1", "private"],
  ["100.64.0.1", "private"],
  ["fd12::1", "private"],
  ["127.0.0.1", "loopback"],
  ["127.8.8.8", "loopback"],
  ["::1", "loopback"],
  ["0.0.0.0", "never"],
  ["::", "never"],
  ["169.254.169.254", "never"],
  ["100.100.100.200", "never"],
  ["fe80::1", "never"],
  ["fd00:ec2::254", "never"],
  ["224.0.0.1", "never"],
  ["255.255.255.255", "never"],
  // The same in other clothes.
  ["::ffff:127.0.0.1", "loopback"],
  ["::ffff:a9fe:a9fe", "never"],
  ["::ffff:10.0.0.1", "private"],
  ["64:ff9b::a00:1", "private"],
  ["::ffff:8.8.8.8", "public"],
])("%s is %s", (address, reach) => {
  expect(reachOf(address)).toBe(reach);
});

test("nothing further inside than what is asked from", () => {
  const allowed = (reach: "public" | "private" | "loopback") =>
    ["8.8.8.8", "10.0.0.1", "127.0.0.1", "169.254.169.254"].filter((address) =>
      upTo(reach)(address, "host"),
    );
  expect(allowed("public")).toEqual(["8.8.8.8"]);
  expect(allowed("private")).toEqual(["8.8.8.8", "10.0.0.1"]);
  expect(allowed("loopback")).toEqual(["8.8.8.8", "10.0.0.1", "127.0.0.1"]);
});

test("an administrator's list names hosts, those below them, addresses and networks", () => {
  const allows = alsoAllowing(["hooks.corp", ".lan", "10.1.0.0/16", "192.168.7.7", "fd00::/8"]);
  expect(allows("8.8.8.8", "anywhere.example")).toBe(true);
  expect(allows("10.2.0.1", "hooks.corp")).toBe(true);
  expect(allows("10.2.0.1", "HOOKS.corp")).toBe(true);
  expect(allows("10.2.0.1", "a.hooks.corp")).toBe(false);
  expect(allows("127.0.0.1", "chat.lan")).toBe(true);
  expect(allows("127.0.0.1", "lan")).toBe(true);
  expect(allows("127.0.0.1", "plan")).toBe(false);
  expect(allows("10.1.255.1", "x")).toBe(true);
  expect(allows("::ffff:10.1.255.1", "x")).toBe(true);
  expect(allows("10.2.0.1", "x")).toBe(false);
  expect(allows("192.168.7.7", "x")).toBe(true);
  expect(allows("fd00::5", "x")).toBe(true);
  expect(allows("169.254.169.254", "x")).toBe(false);
});

test.each([
  ["hooks.corp", true],
  [".lan", true],
  ["10.0.0.0/8", true],
  ["10.0.0.1", true],
  ["fd00::/8", true],
  ["10.0.0.0/33", false],
  ["10.0.0.0/8/8", false],
  ["hooks.corp/8", false],
  ["https://hooks.corp", false],
  ["a b", false],
])("%s in a list: %s", (entry, can) => {
  expect(isTarget(entry)).toBe(can);
});

test.each(["http://169.254.169.254/", "http://2852039166/", "http://[::ffff:a9fe:a9fe]/"])(
  "%s is refused without a lookup",
  (url) => {
    expect(() => checkLiteral(new URL(url), upTo("loopback"))).toThrow(AddressRefused);
  },
);

test("a name leads only to what is allowed, and a connection is made to what was checked", async () => {
  const found = (reach: "public" | "loopback", all: boolean) =>
    new Promise<unknown>((done) => {
      guardedLookup(upTo(reach))("localhost", { all }, (error, address) => {
        done(error ?? address);
      });
    });
  const refused = await found("public", true);
  expect(refused).toBeInstanceOf(AddressRefused);
  expect((refused as Error).message).toMatch(/^localhost is at .*, this machine's own address/);
  expect(await found("loopback", false)).toBe((await resolve("localhost")).address);
  expect(await found("loopback", true)).toEqual(await resolve("localhost", { all: true }));
});

test("a host is as far inside as its innermost address", async () => {
  expect(await reachOfHost("127.0.0.1")).toBe("loopback");
  expect(await reachOfHost("[::1]")).toBe("loopback");
  expect(await reachOfHost("10.0.0.1")).toBe("private");
  expect(await reachOfHost("8.8.8.8")).toBe("public");
  expect(await reachOfHost("localhost")).toBe("loopback");
});
