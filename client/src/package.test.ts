import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const here = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

test("what is published can be imported by Node, and has its types", async () => {
  const compiler = here("../node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", here("tsconfig.build.json")]);
  const manifest = JSON.parse(readFileSync(here("package.json"), "utf8"));
  const entry: { types: string; default: string } = manifest.publishConfig.exports["."];
  expect(existsSync(here(entry.types))).toBe(true);
  const script = `console.log(Object.keys(await import(${JSON.stringify(here(entry.default))})).join())`;
  const names = execFileSync(process.execPath, ["--input-type=module", "-e", script]).toString();
  expect(names.trim()).toBe("ApiProblem,createClient,followPlan,serverSentEvents");
  expect(Object.keys(manifest.dependencies)).toEqual(["openapi-fetch"]);
});
