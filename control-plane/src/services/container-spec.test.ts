import { describe, expect, test } from "vitest";
import { readContainerSpec } from "./container-spec.ts";

function body(spec: unknown): unknown {
  const read = readContainerSpec(spec);
  return read.ok ? read.body : read.details;
}

test("short words become the Engine API's create body", () => {
  expect(
    body({
      env: { PORT: 8080, DEBUG: true, EMPTY: "" },
      command: ["serve", "--fast"],
      entrypoint: ["/bin/app"],
      ports: ["8080:80", "127.0.0.1:5353:53/udp", 9000],
      volumes: ["data:/data", "/srv/x:/x:ro", "/cache"],
      networks: ["front", "back"],
      labels: { team: "core" },
      restartPolicy: "on-failure:3",
      healthcheck: { test: "curl -f localhost", interval: "1m30s", timeout: "500ms", retries: 3 },
      resources: { memory: "512m", cpus: 1.5, pidsLimit: 100 },
      stopTimeout: 20,
      logging: { driver: "json-file", options: { "max-size": "10m" } },
    }),
  ).toEqual({
    Env: ["PORT=8080", "DEBUG=true", "EMPTY="],
    Cmd: ["serve", "--fast"],
    Entrypoint: ["/bin/app"],
    ExposedPorts: { "80/tcp": {}, "53/udp": {}, "9000/tcp": {} },
    Volumes: { "/cache": {} },
    Labels: { team: "core" },
    StopTimeout: 20,
    Healthcheck: {
      Test: ["CMD-SHELL", "curl -f localhost"],
      Interval: 90e9,
      Timeout: 5e8,
      Retries: 3,
    },
    HostConfig: {
      PortBindings: {
        "80/tcp": [{ HostIp: "", HostPort: "8080" }],
        "53/udp": [{ HostIp: "127.0.0.1", HostPort: "5353" }],
      },
      Binds: ["data:/data", "/srv/x:/x:ro"],
      NetworkMode: "front",
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
      Memory: 512 * 1024 * 1024,
      NanoCpus: 1.5e9,
      PidsLimit: 100,
      LogConfig: { Type: "json-file", Config: { "max-size": "10m" } },
    },
    NetworkingConfig: { EndpointsConfig: { front: {}, back: {} } },
  });
});

test("the longer forms", () => {
  expect(
    body({
      env: ["A=1", "B=x=y", "C"],
      ports: [{ containerPort: 80, hostPort: 8080, hostIp: "::1" }, { containerPort: 81 }],
      volumes: [{ source: "data", target: "/data", readOnly: true }, { target: "/tmp/x" }],
      networks: { front: { aliases: ["web"], ipv4Address: "10.0.0.5" }, back: null },
      networkMode: "back",
      restartPolicy: { name: "always" },
    }),
  ).toEqual({
    Env: ["A=1", "B=x=y", "C="],
    ExposedPorts: { "80/tcp": {}, "81/tcp": {} },
    Volumes: { "/tmp/x": {} },
    HostConfig: {
      PortBindings: { "80/tcp": [{ HostIp: "::1", HostPort: "8080" }] },
      Binds: ["data:/data:ro"],
      NetworkMode: "back",
      RestartPolicy: { Name: "always", MaximumRetryCount: 0 },
    },
    NetworkingConfig: {
      EndpointsConfig: {
        front: { Aliases: ["web"], IPAMConfig: { IPv4Address: "10.0.0.5" } },
        back: {},
      },
    },
  });
});

test("the Engine API's own words are handed on, and mix with the short ones", () => {
  const engine = {
    Env: ["A=1"],
    Healthcheck: { Test: ["NONE"] },
    HostConfig: { Binds: ["/a:/b"], Runtime: "runc" },
    NetworkingConfig: { EndpointsConfig: { x: { Aliases: ["y"] } } },
  };
  expect(body(engine)).toEqual(engine);
  expect(body({ ...engine, restartPolicy: "always" })).toEqual({
    ...engine,
    HostConfig: { ...engine.HostConfig, RestartPolicy: { Name: "always", MaximumRetryCount: 0 } },
  });
  expect(body({ ports: { "80/tcp": [{ HostPort: "8080" }], "53/udp": null } })).toEqual({
    ExposedPorts: { "80/tcp": {}, "53/udp": {} },
    HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } },
  });
});

test("objects may be written in either case", () => {
  const short = {
    healthcheck: { test: ["NONE"], startPeriod: 5e9 },
    restartPolicy: { name: "always" },
    resources: { memory: 1 },
  };
  const engine = {
    healthcheck: { Test: ["NONE"], StartPeriod: 5e9 },
    restartPolicy: { Name: "always", MaximumRetryCount: 0 },
    resources: { Memory: 1 },
  };
  expect(body(engine)).toEqual(body(short));
  expect(body(short)).toMatchObject({ Healthcheck: { Test: ["NONE"], StartPeriod: 5e9 } });
});

test("what was read can be read again", () => {
  const read = readContainerSpec({ env: { A: "1" }, ports: ["8080:80"], restartPolicy: "no" });
  expect(read.ok && body(read.body)).toEqual(read.ok && read.body);
});

describe("what cannot be is refused with where and why", () => {
  test.each([
    [null, "", /object/],
    [[], "", /object/],
    [{ envs: {} }, "envs", /not a field/],
    [{ Image: "nginx" }, "Image", /deploy chooses/],
    [{ command: "npm start" }, "command", /list of words/],
    [{ ports: ["80:99999"] }, "ports.0", /1 to 65535/],
    [{ ports: ["a:b"] }, "ports.0", /8080:80/],
    [{ ports: ["8080:80", "8080:81"] }, "ports", /twice/],
    [{ volumes: ["relative:path"] }, "volumes.0", /name:\/path/],
    [{ volumes: ["../x:/x"] }, "volumes.0", /name:\/path/],
    [{ restartPolicy: "sometimes" }, "restartPolicy", /unless-stopped/],
    [{ healthcheck: { interval: "soon" } }, "healthcheck.interval", /30s/],
    [{ healthcheck: { interval: 30 } }, "healthcheck.interval", /30s/],
    [{ resources: { memory: "lots" } }, "resources.memory", /512m/],
    [{ resources: { memroy: 1 } }, "resources.memroy", /not a field/],
    [{ env: ["=x"] }, "env.0", /NAME=value/],
    [{ env: { A: "1" }, Env: ["A=1"] }, "env", /use one of them/],
    [{ ports: [80], ExposedPorts: {} }, "ports", /use one of them/],
    [{ resources: { cpus: 1, nanoCpus: 1 } }, "resources.cpus", /use one of them/],
    [{ HostConfig: { AutoRemove: true } }, "HostConfig.AutoRemove", /outlive/],
    [{ workingDir: "app" }, "workingDir", /absolute/],
  ])("%j", (spec, path, message) => {
    const read = readContainerSpec(spec);
    expect(read).toMatchObject({ ok: false });
    if (read.ok) return;
    const detail = read.details.find((candidate) => candidate.path === path);
    expect(detail?.message, JSON.stringify(read.details)).toMatch(message);
  });
});
