import { expect, test } from "vitest";
import type { NewConfig } from "../container/config.ts";
import { jobConfig } from "./config.ts";

const endpoint = {
  Aliases: ["front"],
  IPAMConfig: { IPv4Address: "10.0.0.9" },
  MacAddress: "02:42:ac:11:00:02",
  DriverOpts: { kept: "1" },
  GwPriority: 2,
};
const service: NewConfig = {
  changes: [],
  networks: { endpoints: { net: endpoint }, primary: "net" },
  body: {
    ...{ Image: "app@sha256:1", Env: ["A=1"], User: "app", WorkingDir: "/app", Cmd: ["serve"] },
    ...{ Entrypoint: ["/entry"], Hostname: "front", MacAddress: "02:42:ac:11:00:02" },
    ...{ ExposedPorts: { "80/tcp": {} }, Labels: { "traefik.enable": "true" }, StopTimeout: 30 },
    ...{ OpenStdin: true, Healthcheck: { Test: ["CMD", "true"] } },
    HostConfig: {
      ...{ NetworkMode: "net", Binds: ["data:/data"], Memory: 1024, CapAdd: ["NET_ADMIN"] },
      ...{ PortBindings: { "80/tcp": [{ HostPort: "80" }] }, PublishAllPorts: true },
      ...{ RestartPolicy: { Name: "always" }, AutoRemove: true, LogConfig: { Type: "none" } },
    },
    NetworkingConfig: { EndpointsConfig: { net: endpoint } },
  },
};
const image = { Id: "sha256:1", Config: { Labels: { "com.docker.compose.project": "p", a: "b" } } };

test("a job has the service's settings, and nothing that others know the service by", () => {
  const { body, networks, stopSignal } = jobConfig(service, image, ["migrate", "up"], "c1");
  const shared = { DriverOpts: { kept: "1" }, GwPriority: 2 };
  expect(body).toEqual({
    ...{ Image: "app@sha256:1", Env: ["A=1"], User: "app", WorkingDir: "/app" },
    ...{ Entrypoint: ["/entry"], Cmd: ["migrate", "up"], StopTimeout: 30, StopSignal: "SIGKILL" },
    Labels: {
      "com.docker.compose.project": "",
      "bridgeport.ignore": "true",
      "bridgeport.job": "c1",
    },
    Healthcheck: { Test: ["NONE"] },
    ...{ OpenStdin: false, StdinOnce: false, AttachStdin: false },
    HostConfig: {
      ...{ NetworkMode: "net", Binds: ["data:/data"], Memory: 1024, CapAdd: ["NET_ADMIN"] },
      ...{ PublishAllPorts: false, AutoRemove: false },
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
    },
    NetworkingConfig: { EndpointsConfig: { net: shared } },
  });
  expect(networks).toEqual({ endpoints: { net: shared }, primary: "net" });
  expect(stopSignal).toBe("SIGTERM");
});

test("it is asked to end as the service would be: by its own signal, else by the image's", () => {
  const quits = { ...image, Config: { StopSignal: "SIGQUIT" } };
  expect(jobConfig(service, quits, ["x"], "c1").stopSignal).toBe("SIGQUIT");
  const own = { ...service, body: { ...service.body, StopSignal: "SIGINT" } };
  expect(jobConfig(own, quits, ["x"], "c1").stopSignal).toBe("SIGINT");
});
