import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { StartRefused } from "./start-refused.ts";

describe("the agent's configuration", () => {
  test("has its defaults", () => {
    expect(readConfig(["--state-dir", "/s"], { HOME: "/nowhere" })).toEqual({
      kind: "start",
      config: {
        url: null,
        joinToken: null,
        stateDir: "/s",
        policyPath: null,
        agentAddr: null,
        tokenOverHttp: false,
        exitWithParent: false,
        joinOnly: false,
        engine: { host: "unix:///var/run/docker.sock", tls: null },
        logLevel: "info",
      },
    });
  });

  test("is read from flags and environment", () => {
    const args = "-- --url=https://cp.example/x --token t --state-dir /s --exit-with-parent";
    const env = { DOCKER_HOST: "tcp://10.0.0.1:2375", LOG_LEVEL: "debug" };
    expect(readConfig([...args.split(" "), "--agent-addr", "[::1]:7443"], env)).toMatchObject({
      config: {
        url: new URL("https://cp.example/x"),
        joinToken: "t",
        agentAddr: "[::1]:7443",
        exitWithParent: true,
        joinOnly: false,
        engine: { host: "tcp://10.0.0.1:2375", tls: null },
        logLevel: "debug",
      },
    });
  });

  test("takes the token from a file, so that no list of processes shows it", () => {
    const directory = mkdtempSync(join(tmpdir(), "bridgeport-config-"));
    try {
      const file = join(directory, "token");
      writeFileSync(file, "bp1.secret\n");
      const args = ["--state-dir", "/s", "--token-file"];
      expect(readConfig([...args, file], {})).toMatchObject({
        config: { joinToken: "bp1.secret" },
      });
      expect(() => readConfig([...args, file, "--token", "t"], {})).toThrow(StartRefused);
      expect(() => readConfig([...args, join(directory, "none")], {})).toThrow(/cannot be read/);
      expect(() => readConfig([...args, "-", "--exit-with-parent"], {})).toThrow(/by a file/);
      const onTrial = { BRIDGEPORT_AGENT_TRIAL: "a" };
      expect(readConfig([...args, "-", "--exit-with-parent"], onTrial)).toMatchObject({
        config: { joinToken: null },
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("may ask only whether the engine answers", () => {
    const engine = { host: "tcp://engine", tls: null };
    expect(readConfig(["--check-engine"], { DOCKER_HOST: "tcp://engine" })).toEqual({
      kind: "check-engine",
      engine,
    });
  });

  test("--help and --version need no other flags", () => {
    expect(readConfig(["--help"], { LOG_LEVEL: "nonsense" })).toEqual({ kind: "help" });
    expect(readConfig(["--version"], {})).toEqual({ kind: "version" });
  });

  test.each<[string, string[], Record<string, string>, RegExp]>([
    ["no state directory", [], {}, /^--state-dir is missing/],
    ["an unknown flag", ["--sate-dir", "/s"], {}, /--sate-dir.*--help/],
    ["a positional argument", ["start"], {}, /start/],
    ["a url that is not one", ["--state-dir", "/s", "--url", "cp"], {}, /^--url is "cp"/],
    ["a url of another scheme", ["--state-dir", "/s", "--url", "ftp://x"], {}, /^--url is "ftp:/],
    ["an address without a port", ["--state-dir", "/s", "--agent-addr", "x"], {}, /^--agent-addr/],
    [
      "a port that is too high",
      ["--state-dir", "/s", "--agent-addr", "x:70000"],
      {},
      /^--agent-addr/,
    ],
    [
      "an engine over ssh",
      ["--state-dir", "/s"],
      { DOCKER_HOST: "ssh://x" },
      /^DOCKER_HOST is "ssh/,
    ],
    [
      "an engine without a scheme",
      ["--state-dir", "/s"],
      { DOCKER_HOST: "docker" },
      /^DOCKER_HOST is "docker"/,
    ],
    [
      "a socket without a path",
      ["--state-dir", "/s"],
      { DOCKER_HOST: "unix://x" },
      /absolute path/,
    ],
    [
      "an unknown log level",
      ["--state-dir", "/s"],
      { LOG_LEVEL: "loud" },
      /^LOG_LEVEL is "loud": it takes/,
    ],
  ])("with %s is refused in one line", (_, args, env, sentence) => {
    let error: unknown;
    try {
      readConfig(args, env);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StartRefused);
    const { message } = error as StartRefused;
    expect(message).toMatch(sentence);
    expect(message).not.toContain("\n");
  });
});

test("asking for the status needs the state directory only", () => {
  expect(readConfig(["--status", "--wait", "--state-dir", "/s"], {})).toEqual({
    kind: "status",
    stateDir: "/s",
    waits: true,
  });
  expect(() => readConfig(["--status"], {})).toThrow("--state-dir is missing");
});
