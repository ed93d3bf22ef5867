import { describe, expect, test } from "vitest";
import { type Environment, proxyAuthorization, routesOf } from "./proxy-routes.ts";

function via(environment: Environment, url: string): string {
  const route = routesOf(environment)(new URL(url));
  if (route.kind === "proxy") return route.proxy.host;
  return route.kind === "problem" ? route.message : "direct";
}

describe("which proxy", () => {
  test.each<[Environment, string, string]>([
    [{}, "https://a.example.com", "direct"],
    [{ HTTPS_PROXY: "http://p:3128" }, "https://a.example.com", "p:3128"],
    [{ HTTPS_PROXY: "http://p:3128" }, "http://a.example.com", "direct"],
    [{ HTTP_PROXY: "http://p:3128" }, "http://a.example.com", "p:3128"],
    [{ HTTP_PROXY: "http://p:3128" }, "https://a.example.com", "p:3128"],
    [{ HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://q:2" }, "https://a.example.com", "q:2"],
    [{ HTTPS_PROXY: "http://p:1", https_proxy: "http://q:2" }, "https://a.example.com", "q:2"],
    [{ HTTPS_PROXY: "http://p:1", https_proxy: "" }, "https://a.example.com", "p:1"],
    [{ HTTPS_PROXY: "p.example.com:3128" }, "https://a.example.com", "p.example.com:3128"],
    [{ HTTPS_PROXY: "http://u:s@p:3128" }, "https://a.example.com", "p:3128"],
    [{ HTTP_PROXY: "http://p:3128" }, "http://127.0.0.1:5000", "direct"],
    [{ HTTP_PROXY: "http://p:3128" }, "http://localhost:5000", "direct"],
    [{ HTTP_PROXY: "http://p:3128" }, "http://[::1]:5000", "direct"],
  ])("%j for %s: %s", (environment, url, wanted) => {
    expect(via(environment, url)).toBe(wanted);
  });

  test.each([
    "socks5://user:secret@p:1080",
    "http://user:secret%zz@p:1080",
    "http://user:secret@p:port",
  ])("%s cannot be used, which is told by the name, without the value", (proxy) => {
    const told = via({ HTTPS_PROXY: proxy }, "https://a.example.com");
    expect(told).toMatch(/^The variable HTTPS_PROXY .*\.$/);
    expect(told).not.toContain("secret");
  });
});

describe("NO_PROXY", () => {
  test.each([
    ["*", "https://a.example.com", true],
    ["example.com", "https://example.com", true],
    ["example.com", "https://a.b.example.com", true],
    ["example.com", "https://notexample.com", false],
    [".example.com", "https://a.example.com", true],
    ["*.example.com", "https://a.example.com", true],
    ["EXAMPLE.com", "https://A.example.COM", true],
    ["other.org, example.com", "https://example.com", true],
    ["other.org example.com", "https://example.com", true],
    ["example.com:8443", "https://example.com:8443", true],
    ["example.com:8443", "https://example.com", false],
    ["example.com:443", "https://example.com", true],
    ["10.1.2.3", "https://10.1.2.3:5000", true],
    ["10.0.0.0/8", "https://10.1.2.3:5000", true],
    ["10.0.0.0/8", "https://11.1.2.3:5000", false],
    ["10.0.0.0/99", "https://10.1.2.3", false],
    ["2001:db8::1", "https://[2001:db8::1]:5000", true],
    ["[2001:db8::1]:5000", "https://[2001:db8::1]:5000", true],
    ["2001:db8::/32", "https://[2001:db8:1::1]", true],
    [" , ", "https://a.example.com", false],
  ])("%s: %s without a proxy: %s", (exceptions, url, wanted) => {
    const environment = { HTTPS_PROXY: "http://p:3128", NO_PROXY: exceptions };
    expect(via(environment, url)).toBe(wanted ? "direct" : "p:3128");
  });
});

test("a proxy's login is decoded", () => {
  const login = (url: string) => {
    const header = proxyAuthorization(new URL(url));
    return header === null ? null : Buffer.from(header.slice(6), "base64").toString();
  };
  expect(login("http://p:3128")).toBeNull();
  expect(login("http://user:p%40ss@p:3128")).toBe("user:p@ss");
  expect(login("http://user@p:3128")).toBe("user:");
});
