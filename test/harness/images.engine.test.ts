import { beforeAll, describe, expect, test } from "vitest";
import { engineApi } from "./engine-api.ts";
import { given } from "./given.ts";
import { imageIdOn } from "./image-build.ts";
import { pushImage } from "./images.ts";

const host = (): string => given("registryHost");
let api: ReturnType<typeof engineApi>;

beforeAll(() => {
  const socket = given("engineHost").replace("unix://", "");
  api = engineApi(socket);
  return () => api.close();
});

interface Inspected {
  Id: string;
  Config: { Healthcheck?: { Test: string[] }; Env: string[] };
}

async function pull(reference: string): Promise<Inspected> {
  const answer = await api.call("POST", `/images/create?fromImage=${reference}`);
  expect(String(answer)).not.toContain("errorDetail");
  return api.call("GET", `/images/${reference}/json`);
}

describe("images written straight to a registry", () => {
  test.each(["docker", "oci"] as const)(
    "the engine pulls a %s manifest by digest",
    async (format) => {
      const image = await pushImage({ host: host() }, `harness/${format}`, "v1", {
        version: "one",
        health: "healthy",
        format,
      });
      const pulled = await pull(`${image.name}@${image.digest}`);
      expect(pulled.Id).toBe(imageIdOn(given("imageStore"), image));
      expect(pulled.Config.Env).toContain("VERSION=one");
      expect(pulled.Config.Healthcheck?.Test[0]).toBe("CMD-SHELL");
    },
  );

  test.each(["docker", "oci"] as const)("of a %s index it takes its platform", async (format) => {
    const image = await pushImage({ host: host() }, `harness/index-${format}`, "v1", {
      format,
      platforms: ["linux/arm64/v8", "linux/amd64"],
    });
    const pulled = await pull(`${image.name}@${image.digest}`);
    expect(pulled.Id).toBe(imageIdOn(given("imageStore"), image, 1));
    expect(image.platforms[0]?.config.digest).not.toBe(image.platforms[1]?.config.digest);
  });
});
