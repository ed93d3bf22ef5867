import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { cliFile } from "../harness/cli.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";

interface Job {
  steps?: { env: Record<string, string>; run: string }[];
  variables?: Record<string, string>;
  script?: string[];
}

const page = readFileSync(fileURLToPath(new URL("../../docs/ci.md", import.meta.url)), "utf8");
/** The YAML of the page, in its order: GitHub's, GitLab's, and GitLab's for a fleet's file. */
const [github, gitlab, fleet] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, yaml]) => parse(yaml ?? "") as Record<string, Job> & { jobs: Record<string, Job> },
);

let site: Site;
let rolling: Rollout;
let scratch: Scratch;
let token: string;

beforeAll(async () => {
  scratch = createScratch("ci");
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  const made = await site.api.post<{ secret: string }>("/api/tokens", {
    name: "pipeline",
    role: "admin",
  });
  token = made.secret;
  mkdirSync(`${scratch.dir}/bin`);
  const program = `#!/bin/sh\nexec "${process.execPath}" "${cliFile}" "$@"\n`;
  writeFileSync(`${scratch.dir}/bin/bridgeport`, program);
  chmodSync(`${scratch.dir}/bin/bridgeport`, 0o755);
});
afterAll(async () => {
  await site?.remove();
  await scratch?.remove();
});

/** Runs a job's script as its runner does: with its variables, in a shell that stops at an error. */
function runScript(script: string, variables: Record<string, string>) {
  const child = spawn("bash", ["-e", "-o", "pipefail", "-c", script], {
    cwd: scratch.dir,
    env: environmentOf(scratch.dir, {
      PATH: `${scratch.dir}/bin:${process.env.PATH}`,
      BRIDGEPORT_URL: site.api.url,
      BRIDGEPORT_TOKEN: token,
      CI: "true",
      ...variables,
    }),
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, output }));
  });
}

test("the step for GitHub Actions deploys, and fails the job with what happened", async () => {
  const [step] = github?.jobs.deploy?.steps ?? [];
  if (!step) throw new Error("docs/ci.md has no step for GitHub Actions");
  const good = await rolling.versions("ci/web", ["web"]);
  const bad = await rolling.versions("ci/bad", ["bad"], { health: "unhealthy" });
  const run = (image: string, tag: string) =>
    runScript(step.run, {
      BRIDGEPORT_ENVIRONMENT: step.env.BRIDGEPORT_ENVIRONMENT ?? "",
      IMAGE: image,
      TAG: tag,
      GITHUB_STEP_SUMMARY: `${scratch.dir}/summary`,
    });
  const deployed = await run(good.image.imageName, "v2");
  expect(deployed.code).toBe(0);
  expect(deployed.output).toContain("health check of web on");
  expect(readFileSync(`${scratch.dir}/summary`, "utf8")).toBe("v2 is deployed.\n");
  await rolling.expectRuns("web", good.two);
  const back = await run(bad.image.imageName, "v2");
  expect(back.code).toBe(2);
  expect(back.output).toContain("::error::v2 did not get healthy");
  // What is back names its image as it was started with.
  expect((await site.docker.inspect("bad")).Image).toBe(site.engine.imageId(bad.one));
  const refused = await run(good.image.imageName, "v9");
  expect(refused.code).toBe(4);
  expect(refused.output).toContain("::error::The control plane refused to deploy v9.");
});

test("the job for GitLab deploys, shows the progress and keeps the plan", async () => {
  const job = gitlab?.deploy;
  const { two, image } = await rolling.versions("ci/lab", ["lab"]);
  const { code, output } = await runScript(job?.script?.join("\n") ?? "exit 99", {
    ...job?.variables,
    CI_REGISTRY_IMAGE: image.imageName,
    CI_COMMIT_TAG: "v2",
  });
  expect(code).toBe(0);
  expect(output).toContain("deploy of lab on");
  const { plan } = JSON.parse(readFileSync(`${scratch.dir}/plan.json`, "utf8"));
  expect(plan.status).toBe("completed");
  await rolling.expectRuns("lab", two);
});

test("the jobs for a fleet's file look at it and apply it", async () => {
  writeFileSync(
    `${scratch.dir}/fleet.yaml`,
    "version: 1\nenvironments:\n  staging:\n    autoPruneImages: true\n",
  );
  const run = (name: string) => runScript(fleet?.[name]?.script?.join("\n") ?? "exit 99", {});
  const looked = await run("fleet-diff");
  expect(looked.code).toBe(0);
  expect(looked.output).toContain("+ environment staging\n    autoPruneImages: true\n");
  expect((await run("fleet-apply")).output).toContain("Applied 1 change.");
  expect((await run("fleet-diff")).output).toBe("There is nothing to change.\n");
});
