import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageCli } from "../harness/cli-package.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";

/* The command line as it is handed out: one file, and packages for npm. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const platform = `linux-${process.arch}`;
let system: System;
let scratch: Scratch;

beforeAll(async () => {
  scratch = createScratch("cli-package");
  await packageCli();
  system = await startSystem();
});
afterAll(async () => {
  await system?.remove();
  await scratch?.remove();
});

interface Package {
  version: string;
  programs: { platform: string; sha256: string; size: number; install: string[] }[];
}

const sh = (command: string, dir: string) =>
  spawnSync("sh", ["-c", command], { cwd: dir, env: environmentOf(dir), encoding: "utf8" });

test("two lines install it, unless its hash is another one; it runs without Node", async () => {
  const answer = await fetch(`${system.url}/api/cli/package`);
  expect(answer.status, await answer.clone().text()).toBe(200);
  const about = (await answer.json()) as Package;
  const program = about.programs.find((one) => one.platform === platform);
  if (!program) throw new Error(`there is no ${platform} in ${JSON.stringify(about)}`);
  const [download = "", install = ""] = program.install;
  const into = scratch.path("root");
  mkdirSync(into);
  const here = install.replace("$(command -v sudo) ", "").replace("/usr/local/bin/", `${into}/`);
  writeFileSync(`${scratch.dir}/bridgeport`, "something else");
  expect(sh(here, scratch.dir).status).not.toBe(0);
  expect(existsSync(`${into}/bridgeport`)).toBe(false);
  expect(sh(`${download} && ${here}`, scratch.dir)).toMatchObject({ status: 0, stderr: "" });

  // Beside the program there is nothing but the C library.
  const libraries = execFileSync("ldd", [`${into}/bridgeport`], { encoding: "utf8" });
  for (const [path] of libraries.matchAll(/\/\S+/g)) {
    mkdirSync(join(into, dirname(path)), { recursive: true });
    cpSync(path, join(into, path), { dereference: true });
  }
  const { email, password } = system.admin;
  const alone = (args: string[], input = "") => {
    const isRoot = process.getuid?.() === 0;
    const [file = "", ...rest] = isRoot
      ? ["chroot", into, "/bridgeport", ...args]
      : [`${into}/bridgeport`, ...args];
    const env = { HOME: isRoot ? "/" : into, PATH: isRoot ? process.env.PATH : "/nonexistent" };
    return spawnSync(file, rest, { env, input, encoding: "utf8" });
  };
  expect(alone(["version"])).toMatchObject({ status: 0, stdout: `${about.version}\n` });
  const login = alone(["login", system.url, "--email", email, "--password-stdin"], password);
  expect(login).toMatchObject({ status: 0, stderr: "" });
  expect(alone(["environments"]).stdout).toContain("production");
});

test("packages for npm have what they need and nothing else", () => {
  // `npm run package:npm`, and what `npm install` makes of it without a network.
  execFileSync("npm", ["run", "package:npm"], { cwd: root, stdio: "pipe" });
  const unpacked = (name: string): string => {
    const into = scratch.path(`npm-${name}`);
    mkdirSync(into);
    const [archive] = readdirSync(join(root, "dist/npm")).filter((file) =>
      file.startsWith(`bridgeport-${name}-`),
    );
    execFileSync("tar", ["-xzf", join(root, "dist/npm", archive ?? ""), "-C", into]);
    return join(into, "package");
  };
  const cli = unpacked("cli");
  expect(readdirSync(cli).sort()).toEqual(
    ["LICENSE", "README.md", "dist", "fleet.schema.json", "package.json"].sort(),
  );
  const run = spawnSync(process.execPath, [join(cli, "dist/bridgeport.cjs"), "version"]);
  expect(run.status).toBe(0);

  const client = unpacked("client");
  mkdirSync(join(client, "node_modules"));
  const needed = join(root, "client/node_modules/openapi-fetch");
  symlinkSync(needed, join(client, "node_modules/openapi-fetch"));
  mkdirSync(scratch.path("user/node_modules/@bridgeport"), { recursive: true });
  symlinkSync(client, scratch.path("user/node_modules/@bridgeport/client"));
  const script = `import { createClient } from "@bridgeport/client";
    import api from "@bridgeport/client/openapi.json" with { type: "json" };
    console.log(createClient({ url: "http://x/" }).url, api.openapi);`;
  writeFileSync(scratch.path("user/use.mjs"), script);
  const used = spawnSync(process.execPath, [scratch.path("user/use.mjs")], { encoding: "utf8" });
  expect(used.stdout).toMatch(/^http:\/\/x 3\./);
});
