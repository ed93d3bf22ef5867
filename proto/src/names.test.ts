import { expect, it } from "vitest";
import {
  isLeftoverOf,
  isTransientName,
  jobName,
  keptName,
  nextName,
  serviceName,
  undoneName,
} from "./names.ts";

const early = "0199f0aa-1111-7abc-8def-0123456789ab";
const late = "0199f0aa-1112-7abc-8def-cdef01234567";

it("names of commands of the same second differ", () => {
  expect(keptName("web", early)).not.toBe(keptName("web", late));
});

it("names lead back to the service", () => {
  for (const name of [nextName, keptName, undoneName]) {
    expect(serviceName(name("my-bp-web", early))).toBe("my-bp-web");
    expect(isLeftoverOf("my-bp-web", name("my-bp-web", early))).toBe(true);
    expect(isLeftoverOf("my", name("my-bp-web", early))).toBe(false);
    expect(isTransientName(name("my-bp-web", early))).toBe(true);
  }
  expect(serviceName("web")).toBe("web");
  expect(serviceName("web-bp-proxy")).toBe("web-bp-proxy");
  expect(isLeftoverOf("web", "web")).toBe(false);
  expect(["web", "my-bp-web", "web-bp-new-proxy"].some(isTransientName)).toBe(false);
});

it("the container of a job is known as one, and no leftover: it may be at work", () => {
  expect(isTransientName(jobName("web", early))).toBe(true);
  expect(serviceName(jobName("web", early))).toBe("web");
  expect(isLeftoverOf("web", jobName("web", early))).toBe(false);
});

it.each([
  "web-bp-a-service",
  "web-bp-proxy",
  "web-bp-new-proxy",
  "web-bp-0123456789a",
  "web-bp-012345678",
  "web-bp-guard0-0123456789",
  "web2-bp-0123456789",
])("%s is not a transient name of web", (name) => {
  expect(isLeftoverOf("web", name)).toBe(false);
});

it("names are valid for the engine with any command id", () => {
  expect(nextName("web", "a/b:c d")).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
});
