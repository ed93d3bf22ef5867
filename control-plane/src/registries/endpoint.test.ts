import { expect, test } from "vitest";
import { parseRegistryUrl, servesDomain } from "./endpoint.ts";

test.each([
  ["https://registry.example.com", "https://registry.example.com", "registry.example.com", ""],
  ["registry.example.com/", "https://registry.example.com", "registry.example.com", ""],
  [
    "Registry.Example.com:5000",
    "https://registry.example.com:5000",
    "registry.example.com:5000",
    "",
  ],
  ["http://registry.example.com", "http://registry.example.com", "registry.example.com", ""],
  ["localhost:5000", "http://localhost:5000", "localhost:5000", ""],
  ["127.0.0.1:5000", "http://127.0.0.1:5000", "127.0.0.1:5000", ""],
  ["[::1]:5000", "http://[::1]:5000", "[::1]:5000", ""],
  ["https://localhost:5000", "https://localhost:5000", "localhost:5000", ""],
  [
    "registry.digitalocean.com/my-team",
    "https://registry.digitalocean.com",
    "registry.digitalocean.com",
    "my-team",
  ],
  ["https://registry.example.com/v2/", "https://registry.example.com", "registry.example.com", ""],
  ["docker.io", "https://registry-1.docker.io", "docker.io", ""],
  ["https://index.docker.io/v1/", "https://registry-1.docker.io", "docker.io", ""],
  ["https://hub.docker.com", "https://registry-1.docker.io", "docker.io", ""],
  ["registry-1.docker.io", "https://registry-1.docker.io", "docker.io", ""],
])("%s", (text, origin, domain, pathPrefix) => {
  expect(parseRegistryUrl(text)).toEqual({ ok: true, endpoint: { origin, domain, pathPrefix } });
});

test.each([
  "",
  "ftp://registry.example.com",
  "https://user:pw@registry.example.com",
  "https://registry.example.com?x=1",
  "https://",
  "http://[::zz]",
  "not a host",
])("%s is refused with a sentence", (text) => {
  const parsed = parseRegistryUrl(text);
  if (parsed.ok) throw new Error("it should be refused");
  expect(parsed.message).toMatch(/\.$/);
  expect(parsed.message).not.toContain("pw");
});

test("an image lives in the registry of its domain, with the scheme's own port or without", () => {
  const parsed = parseRegistryUrl("https://registry.example.com");
  if (!parsed.ok) throw new Error(parsed.message);
  expect(servesDomain(parsed.endpoint, "registry.example.com")).toBe(true);
  expect(servesDomain(parsed.endpoint, "registry.example.com:443")).toBe(true);
  expect(servesDomain(parsed.endpoint, "registry.example.com:80")).toBe(false);
  expect(servesDomain(parsed.endpoint, "docker.io")).toBe(false);
});

test("this machine has several names", () => {
  const parsed = parseRegistryUrl("http://127.0.0.1:5000");
  if (!parsed.ok) throw new Error(parsed.message);
  expect(servesDomain(parsed.endpoint, "localhost:5000")).toBe(true);
  expect(servesDomain(parsed.endpoint, "[::1]:5000")).toBe(true);
  expect(servesDomain(parsed.endpoint, "localhost:5001")).toBe(false);
  expect(servesDomain(parsed.endpoint, "localhost")).toBe(false);
});
