import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cliFile } from "../harness/cli.ts";
import { anchorsOf, commandBlocks, documents, linksOf, readDocument } from "../harness/docs.ts";
import { pushImage } from "../harness/images.ts";
import type { Plan } from "../harness/resources.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";

/*
 * Every command of the documentation is tried: those marked `run` here, one after the other, against an
 * installation; others by the test that they name. What cannot be tried says why.
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const blocks = documents().flatMap(commandBlocks);

describe("the documentation", () => {
  test.each(blocks)("$file:$line says how it is tried", ({ how, text }) => {
    const [, tester] = /^tested-by=(\S+)$/.exec(how) ?? [];
    if (tester === undefined) return expect(how).toMatch(/^(run|not-run="[^"]{10,}")$/);
    // A test that does not name what it tries would outlive a command that has changed.
    const commands = [...text.matchAll(/\bnpm (?:run )?([a-z:-]+)/g)].map(([, name]) => name);
    const tests = readDocument(tester);
    expect(tests, tester).not.toBeNull();
    for (const name of commands) expect(tests, tester).toContain(name);
  });

  test.each(documents())("the links of %s lead somewhere", (file) => {
    for (const { target, anchor } of linksOf(file)) {
      expect(existsSync(`${root}${target}`), target).toBe(true);
      if (anchor !== null && target.endsWith(".md")) expect(anchorsOf(target)).toContain(anchor);
    }
  });
});

describe("commands that are run", () => {
  const webhookSecret = "a secret of at least sixteen characters";
  let site: Site;
  let scratch: Scratch;
  let variables: Record<string, string>;

  beforeAll(async () => {
    scratch = createScratch("docs");
    site = await startSite({ env: { WEBHOOK_SECRET: webhookSecret } });
    const connection = await site.connect();
    const old = await pushImage(site.registry, "shop/web", "v2.3.0", { version: "1" });
    await pushImage(site.registry, "shop/web", "v2.4.0", { version: "2" });
    await site.docker.run("run", "-d", "--name", "app-api", old.reference);
    const service = await site.service("app-api");
    const image = await site.image(old.name);
    await site.api.patch(`/api/container-images/${image.id}`, {
      tagFilter: "v*",
      registryConnectionId: connection.id,
    });
    await site.api.post(`/api/container-images/${image.id}/check-updates`);
    const { secret } = await site.api.post<{ secret: string }>("/api/tokens", {
      name: "docs",
      role: "admin",
    });
    writeFileSync(
      scratch.path("cosign.pub"),
      generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({
        type: "spki",
        format: "pem",
      }),
    );
    variables = {
      TOKEN: secret,
      BRIDGEPORT_TOKEN: secret,
      BRIDGEPORT_URL: site.system.url,
      ENV: site.environment.id,
      IMAGE: image.id,
      SERVICE: service.id,
      SERVER: site.server.id,
      WEBHOOK_SECRET: webhookSecret,
      CI_JOB_ID: "4711",
    };
  });
  afterAll(async () => {
    await site?.remove();
    await scratch?.remove();
  });

  /** In bash, with what earlier blocks of the same file have set; an answer of 400 or more fails. */
  async function run(file: string, text: string): Promise<string> {
    const state = scratch.path(`${file.replaceAll("/", "-")}.state`);
    const script = [
      "set -eu -o pipefail -o allexport",
      existsSync(state) ? `. "${state}"` : "",
      'curl() { command curl --fail-with-body "$@"; }',
      `bridgeport() { node "${cliFile}" "$@"; }`,
      `npm() { command npm --prefix "${root}" --silent "$@"; }`,
      text.replaceAll("http://127.0.0.1:3000", site.system.url),
      `export -p > "${state}"`,
    ].join("\n");
    const child = spawn("bash", ["-c", script], {
      cwd: scratch.dir,
      env: environmentOf(scratch.dir, variables),
    });
    let said = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    child.stderr.on("data", (chunk) => (said += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code, `${text}\n${said}`).toBe(0);
    return said;
  }

  test.each(blocks.filter(({ how }) => how === "run"))("$file:$line", async ({ file, text }) => {
    await run(file, text);
    // The next one finds nothing that is still under way, and no rule that was set here.
    await site.api.until<{ plans: Plan[] }>(
      `/api/environments/${site.environment.id}/deployment-plans?limit=100`,
      ({ plans }) => plans.every(({ status }) => !["pending", "running"].includes(status)),
    );
    await site.api.request("DELETE", `/api/environments/${site.environment.id}/signature-rule`);
  });
});
