import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agentEnvironment, whyNoEngine } from "./engine-look.ts";

let directory: string;
let socket: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "engine-"));
  socket = join(directory, "docker.sock");
});
afterEach(() => rmSync(directory, { recursive: true }));

const why = () => whyNoEngine({ dockerHost: `unix://${socket}`, program: "/nothing-is-run" });

async function answering(statusCode: number, then: () => Promise<void>): Promise<void> {
  const server: Server = createServer((_, answer) => answer.writeHead(statusCode).end());
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    await then();
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("a Docker Engine on this machine", () => {
  it("answers a ping", () => answering(200, async () => expect(await why()).toBeNull()));

  it("is missing where there is no socket, and it is said what to do", async () => {
    const reason = await why();
    expect(reason).toContain(
      `no Docker Engine answers at unix://${socket}: there is no such socket`,
    );
    for (const remedy of ["Start Docker", "DOCKER_HOST", "BRIDGEPORT_LOCAL_AGENT=off"]) {
      expect(reason).toContain(remedy);
    }
    expect(reason).not.toContain("\n");
  });

  it("is not what answers with an error", () =>
    answering(500, async () => expect(await why()).toContain("answers a ping with status 500")));

  it("is not a file", async () => {
    writeFileSync(socket, "");
    expect(await why()).toMatch(/nothing listens on the socket|that is no socket/);
  });
});

it("hands the local agent what it goes by, and none of our secrets", () => {
  const ours = {
    PATH: "/bin",
    DOCKER_CERT_PATH: "/certs",
    https_proxy: "http://proxy",
    DATABASE_URL: "postgres://user:password@host/db",
    BRIDGEPORT_MASTER_KEY: "key",
    BRIDGEPORT_ADMIN_PASSWORD: "password",
    WEBHOOK_SECRET: "secret",
    GITEA_WEBHOOK_SECRET: "secret",
    PGPASSWORD: "password",
  };
  expect(agentEnvironment("unix:///engine", ours)).toEqual({
    PATH: "/bin",
    DOCKER_CERT_PATH: "/certs",
    https_proxy: "http://proxy",
    DOCKER_HOST: "unix:///engine",
  });
  expect(agentEnvironment(null, ours)).not.toHaveProperty("DOCKER_HOST");
});
