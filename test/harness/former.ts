import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { Scratch } from "./scratch.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The programs of the former version, which `test/fixtures/keep-former.mjs` has kept. */
export interface Former {
  /** its agent: a program for Node.js */
  agent: string;
  /** its control plane, whose local agent is the present one */
  controlPlane: string;
}

const kept = (name: string): Buffer =>
  gunzipSync(readFileSync(join(root, "test/fixtures/former", `${name}.gz`)));

/** Lays the former version out as a checkout has it: beside its migrations and its packages. */
export function unpackFormer(scratch: Scratch): Former {
  const write = (path: string, content: Buffer | string): string => {
    const file = scratch.path("former", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  for (const [name, sql] of Object.entries(
    JSON.parse(kept("migrations.json").toString()) as Record<string, string>,
  )) {
    write(join("control-plane/migrations", name), sql);
  }
  const controlPlane = write("control-plane/dist/main.js", kept("main.js"));
  write("control-plane/package.json", readFileSync(join(root, "control-plane/package.json")));
  symlinkSync(
    join(root, "control-plane/node_modules"),
    scratch.path("former/control-plane/node_modules"),
  );
  for (const present of ["agent", "web"]) {
    symlinkSync(join(root, present), scratch.path("former", present));
  }
  return { agent: write("former-agent/agent.cjs", kept("agent.cjs")), controlPlane };
}
