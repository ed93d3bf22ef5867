import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { clientOf } from "./docker-cli.ts";
import { type Engine, startEngine } from "./engine.ts";
import { directoryOf, type EngineRoot, isMade } from "./engine-root.ts";

const run = promisify(execFile);
const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** What the images of tests are made of, where none can be pulled: Debian with PostgreSQL 17. */
export const imageRoot: EngineRoot = {
  name: "trixie-images",
  suite: "trixie",
  packages: ["ca-certificates", "postgresql"],
};

/** Whether images can be made of it; `make-engine.ts images` makes it. */
export const hasImageRoot = isMade(imageRoot);

/** Of that file system images need neither documents nor PostgreSQL's compiler. */
const left = [
  ...["./usr/share/doc", "./usr/share/locale", "./usr/share/man", "./var/cache", "./var/lib/apt"],
  ...[
    "./var/lib/postgresql",
    "./usr/lib/x86_64-linux-gnu/libLLVM*",
    "./usr/lib/aarch64-linux-gnu/libLLVM*",
  ],
  ...["./usr/lib/postgresql/*/lib/bitcode", "./usr/lib/postgresql/*/lib/llvmjit*"],
];

/** What of the checkout is copied to where the engine can see it. */
const files = [
  ...["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "tsconfig.json", "patches"],
  ...["proto", "control-plane", "agent", "client", "cli", "web", "packaging"],
  ...["Dockerfile", ".dockerignore", "compose.yaml", ".env.example"],
];

/** An engine with the base images, and a copy of the checkout in which commands are run. */
export interface ImageGround {
  engine: Engine;
  /** The copy of the checkout. */
  directory: string;
  /** Names of images that stand for the public ones: Node.js with npm, and PostgreSQL. */
  images: { node: string; postgres: string };
  /** Runs a command of the copy against the engine. @returns what it printed; throws with that otherwise */
  run(command: string, ...args: string[]): Promise<string>;
  compose(...args: string[]): Promise<string>;
  /** Builds what `npm run package:images` builds, on the base of this ground. */
  packageImages(...args: string[]): Promise<string>;
  /** Makes an image of arm64 with files by the names of the libraries of the agent's image. @returns its name */
  arm64Libraries(): Promise<string>;
  remove(): Promise<void>;
}

/** Starts the engine and makes the base images: Node.js and npm are this machine's own. */
export async function layImageGround(): Promise<ImageGround> {
  const engine = await startEngine();
  const directory = join(engine.dir, "checkout");
  const path = join(engine.dir, "bin");
  const env = {
    ...process.env,
    PATH: `${path}:${process.env.PATH}`,
    DOCKER_HOST: engine.host,
    DOCKER_CONFIG: join(engine.dir, "docker-config"),
    DOCKER_BUILDKIT: "1",
  };
  const images = { node: "test.example/node:1", postgres: "test.example/postgres:17" };

  async function inside(cwd: string, command: string, args: string[]): Promise<string> {
    try {
      const { stdout } = await run(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
      return stdout.trim();
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args.join(" ")}: ${`${stdout}${stderr}`.slice(-4000)}`, {
        cause: error,
      });
    }
  }
  const docker = (cwd: string, ...args: string[]) => inside(cwd, "docker", args);

  async function importDebian(name: string): Promise<void> {
    const tar = spawn(
      "tar",
      ["-C", directoryOf(imageRoot), "-c", ...left.map((each) => `--exclude=${each}`), "."],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const taking = spawn("docker", ["import", "-", name], {
      env,
      stdio: [tar.stdout, "ignore", "inherit"],
    });
    const [code] = (await once(taking, "close")) as [number];
    if (code !== 0) throw new Error(`docker import ended with ${code}.`);
  }

  /** Node.js with npm, as this machine has them, and the authorities that it believes. */
  async function makeNode(base: string): Promise<void> {
    const context = join(engine.dir, "node");
    mkdirSync(context);
    copyFileSync(process.execPath, join(context, "node"));
    const npm = execFileSync("npm", ["root", "--global"], { encoding: "utf8" }).trim();
    cpSync(join(npm, "npm"), join(context, "npm"), { recursive: true });
    const authorities = process.env.NODE_EXTRA_CA_CERTS;
    const believed = authorities !== undefined && existsSync(authorities);
    writeFileSync(join(context, "authorities.pem"), "");
    if (believed) copyFileSync(authorities, join(context, "authorities.pem"));
    const lines = [
      `FROM ${base}`,
      "COPY node /usr/local/bin/node",
      "COPY npm /usr/local/lib/node_modules/npm",
      "COPY authorities.pem /etc/authorities.pem",
      "RUN cd /usr/local/bin && for name in npm npx; do ln -s ../lib/node_modules/npm/bin/$name-cli.js $name; done",
      ...(believed ? ["ENV NODE_EXTRA_CA_CERTS=/etc/authorities.pem"] : []),
    ];
    writeFileSync(join(context, "Dockerfile"), lines.join("\n"));
    await docker(context, "build", "--quiet", "--tag", images.node, ".");
  }

  async function makePostgres(base: string): Promise<void> {
    const context = join(engine.dir, "postgres");
    cpSync(join(checkout, "test/harness/postgres-image"), context, { recursive: true });
    const build = ["build", "--quiet", "--build-arg", `BASE=${base}`, "--tag", images.postgres];
    await docker(context, ...build, ".");
  }

  const ground: ImageGround = {
    engine,
    directory,
    images,
    run: (command, ...args) => inside(directory, command, args),
    compose: (...args) => inside(directory, clientOf(engine.host, "compose"), args),
    packageImages(...args) {
      // The registry of npm and its login, as this user has set them.
      const settings = join(homedir(), ".npmrc");
      const secret = join(engine.dir, "npmrc");
      if (existsSync(settings)) copyFileSync(settings, secret);
      else writeFileSync(secret, "");
      return ground.run(
        "node",
        "packaging/images.mjs",
        "--base",
        images.node,
        ...args,
        ...[...["--network", "host", "--secret", `id=npmrc,src=${secret}`]],
      );
    },
    async arm64Libraries() {
      const name = "test.example/libraries:1";
      const context = join(engine.dir, "libraries");
      const folder = join(context, "usr/lib/aarch64-linux-gnu");
      mkdirSync(folder, { recursive: true });
      const plain = ["c.so.6", "m.so.6", "dl.so.2", "pthread.so.0", "rt.so.1", "resolv.so.2"];
      const others = ["nss_dns.so.2", "nss_files.so.2", "stdc++.so.6", "gcc_s.so.1"];
      const libraries = [...plain, ...others].map((each) => `lib${each}`);
      for (const file of ["ld-linux-aarch64.so.1", ...libraries]) {
        writeFileSync(join(folder, file), file);
      }
      writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY usr /usr\n");
      const platform = ["--platform", "linux/arm64"];
      await docker(context, "build", "--quiet", ...platform, "--tag", name, ".");
      return name;
    },
    remove: () => engine.remove(),
  };

  try {
    const ignored = new Set(["node_modules", "dist", ".svelte-kit"]);
    for (const file of files) {
      cpSync(join(checkout, file), join(directory, file), {
        recursive: true,
        filter: (source) => !ignored.has(basename(source)),
      });
    }
    const base = "test.example/debian:1";
    await importDebian(base);
    await Promise.all([makeNode(base), makePostgres(base)]);
    return ground;
  } catch (error) {
    await engine.remove();
    throw error;
  }
}
