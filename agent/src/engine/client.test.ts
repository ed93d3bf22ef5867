import { describe, expect, test } from "vitest";
import {
  connectEngine,
  engineErrorKind,
  engineMessage,
  Memory,
  parseDockerHost,
  statusOf,
  unavailableSentence,
} from "./client.ts";

describe("DOCKER_HOST", () => {
  test.each([
    ["unix:///var/run/docker.sock", { socketPath: "/var/run/docker.sock" }],
    ["unix:///tmp/with space/d.sock", { socketPath: "/tmp/with space/d.sock" }],
    ["tcp://10.0.0.1:2375", { host: "10.0.0.1", port: 2375 }],
    ["tcp://engine", { host: "engine", port: 2375 }],
    ["http://engine", { host: "engine", port: 80 }],
    ["tcp://[::1]:2375", { host: "::1", port: 2375 }],
  ])("%s", (text, address) => {
    expect(parseDockerHost(text)).toEqual(address);
  });

  test.each(["", "docker", "unix://docker.sock", "ssh://host", "tcp://"])(
    "%j is refused",
    (text) => {
      expect(() => parseDockerHost(text)).toThrow(/DOCKER_HOST/);
    },
  );
});

describe("an error of the engine's client", () => {
  const answered = (statusCode: number, message = "") =>
    Object.assign(new Error(`(HTTP code ${statusCode}) ${message}`), {
      statusCode,
      json: { message },
    });
  const system = (code: string, syscall?: string) =>
    Object.assign(new Error(code), { code, syscall });

  test.each([
    [answered(404), "not_found"],
    [answered(409), "conflict"],
    [answered(500), "engine"],
    [system("ECONNREFUSED", "connect"), "unavailable"],
    [system("ENOENT", "connect"), "unavailable"],
    [system("ECONNRESET"), "unavailable"],
    [system("EAI_AGAIN", "getaddrinfo"), "unavailable"],
    [system("ENOENT", "open"), "other"],
    [new DOMException("stop", "AbortError"), "aborted"],
    [system("ABORT_ERR"), "aborted"],
    [new TypeError("bug"), "other"],
    ["text", "other"],
    [null, "other"],
  ])("%s is %s", (error, kind) => {
    expect(engineErrorKind(error)).toBe(kind);
  });

  test("keeps the engine's own words and status", () => {
    expect(engineMessage(answered(500, "no space left"))).toBe("no space left");
    expect(engineMessage(new Error("plain"))).toBe("plain");
    expect(engineMessage("text")).toBe("text");
    expect(statusOf(answered(500))).toBe(500);
    expect(statusOf(new Error("plain"))).toBeNull();
  });

  test("becomes a sentence that says what to do", () => {
    const host = "unix:///d.sock";
    expect(unavailableSentence(host, system("ENOENT", "connect"))).toMatch(
      /start it, or set DOCKER_HOST/,
    );
    expect(unavailableSentence(host, system("EACCES", "connect"))).toMatch(/socket's group/);
    expect(unavailableSentence(host, system("ECONNRESET"))).toMatch(/does not answer: ECONNRESET/);
  });
});

test("what is remembered of one engine is not another's", () => {
  const seen = new Memory(() => new Set<string>());
  const [one, other] = [connectEngine("unix:///d.sock"), connectEngine("unix:///d.sock")];
  one.recall(seen).add("a");
  expect([...one.recall(seen)]).toEqual(["a"]);
  expect([...other.recall(seen)]).toEqual([]);
});
