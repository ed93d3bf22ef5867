import { readFileSync, statSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type CliPlace, type CliRun, cli, startCli } from "../harness/cli.ts";
import { ForwardProxy } from "../harness/forward-proxy.ts";
import type { PushedImage } from "../harness/images.ts";
import type { Plan } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

let site: Site;
let rolling: Rollout;
let scratch: Scratch;
let place: CliPlace;

beforeAll(async () => {
  scratch = createScratch("cli");
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  const { secret } = await site.api.post<{ secret: string }>("/api/tokens", {
    name: "pipeline",
    role: "operator",
  });
  place = {
    dir: scratch.dir,
    env: { BRIDGEPORT_URL: site.api.url, BRIDGEPORT_TOKEN: secret },
  };
});
afterEach(() => site.engine.clear());
afterAll(async () => {
  await site?.remove();
  await scratch?.remove();
});

const newestPlan = async (): Promise<Plan> => {
  const { plans } = await site.api.get<{ plans: Plan[] }>(
    `/api/environments/${site.environment.id}/deployment-plans?limit=1`,
  );
  return plans[0] as Plan;
};

const printed = (run: CliRun, words: string) =>
  waitFor(() => run.printed().out.includes(words), {
    what: words,
    explain: () => JSON.stringify(run.printed()),
  });

/** A container that was not replaced, or is back, names its image as it was started with. */
const expectImage = async (container: string, image: PushedImage) =>
  expect((await site.docker.inspect(container)).Image).toBe(site.engine.imageId(image));

describe("a deploy says how it ended, in words and with its exit code", () => {
  test("0: completed, and back again by hand", async () => {
    const { one, two, image } = await rolling.versions("cli/web", ["web"]);
    const end = await cli(place, ["deploy", "cli/web:v2"]);
    expect(end).toMatchObject({ code: 0, err: "" });
    const lines = end.out.trim().split("\n");
    expect(lines[0]).toMatch(
      new RegExp(`^Plan \\S+: ${image.imageName} to v2 \\([0-9a-f]{12}\\)$`),
    );
    expect(lines.at(-1)).toMatch(/^Completed: .* 1 service\.$/);
    // What may pass between two states that are told is not told; how each step ended is.
    expect(lines.filter((line) => line.includes(": success ("))).toHaveLength(3);
    expect(end.out).not.toContain("\u001b");
    await rolling.expectRuns("web", two, "v2");

    const back = await cli(place, ["rollback", "latest"]);
    expect(back.code).toBe(0);
    expect(back.out).toContain("Rolled back: ");
    await expectImage("web", one);
  });

  test("2: rolled back, and 3: failed where that was not wanted", async () => {
    const { one, two } = await rolling.versions("cli/bad", ["bad"], { health: "unhealthy" });
    const back = await cli(place, ["deploy", "bad", "--tag", "v2"]);
    expect(back.code).toBe(2);
    expect(back.out).toMatch(/\nhealth check of bad on \S+: failed \(.*\)\n {2}\S/);
    expect(back.out).toMatch(/\nRolled back: /);
    await expectImage("bad", one);

    const args = ["deploy", "bad", "-d", two.digest.slice(7, 17), "--no-rollback", "--json"];
    const failed = await cli(place, args);
    expect(failed.code).toBe(3);
    expect(JSON.parse(failed.out)).toMatchObject({ plan: { status: "failed" } });
    expect(failed.err).toContain("deploy of bad on");
    await rolling.expectRuns("bad", two);
  });

  test("4: refused, and 1 for what names nothing", async () => {
    await rolling.versions("cli/refused", ["refused"]);
    const unknown = await cli(place, ["deploy", "cli/refused:v9"]);
    expect(unknown).toMatchObject({ code: 4, out: "" });
    expect(unknown.err).toContain("v9 does not exist in the registry");
    const typo = await cli(place, ["deploy", "cli/refusde:v2"]);
    expect(typo.code).toBe(1);
    expect(typo.err).toContain('Did you mean "cli/refused"?');
    const nobody = { ...place, env: { ...place.env, BRIDGEPORT_TOKEN: "bpt_none" } };
    const stranger = await cli(nobody, ["deploy", "cli/refused:v2"]);
    expect(stranger.code).toBe(1);
    expect(stranger.err).toContain("bridgeport login");
  });

  test("with --dry-run nothing is changed, and with --no-wait it goes on alone", async () => {
    const { one, two } = await rolling.versions("cli/dry", ["dry"]);
    const dry = await cli(place, ["deploy", "cli/dry:v2", "--dry-run"]);
    expect(dry.code).toBe(0);
    expect(dry.out).toMatch(/Config\.Env\.VERSION: 1 → 2/);
    expect((await newestPlan()).status).toBe("cancelled");
    await expectImage("dry", one);
    const left = await cli(place, ["deploy", "cli/dry:v2", "--no-wait", "--json"]);
    const { plan } = JSON.parse(left.out) as { plan: Plan };
    expect((await cli(place, ["plan", plan.id, "--follow"])).code).toBe(0);
    await rolling.expectRuns("dry", two);
  });

  test("Ctrl-C leaves the plan running and says how to cancel it, which works", async () => {
    const names = ["slow-1", "slow-2"];
    const { two } = await rolling.versions("cli/slow", names, { health: { slow: 3600 } });
    const run = startCli(place, ["deploy", "cli/slow:v2"]);
    await printed(run, "health check of slow");
    run.signal("SIGINT");
    const end = await run.end;
    expect(end.code).toBe(130);
    const plan = await newestPlan();
    expect(plan.status).toBe("running");
    expect(end.err).toContain(`bridgeport cancel ${plan.id}`);
    const cancel = startCli(place, ["cancel", plan.id]);
    await printed(cancel, "cancelling");
    // What is under way finishes, and the other one is left as it is.
    const [, first = ""] = /health check of (\S+) on/.exec(end.out) ?? [];
    await site.docker.run("exec", first, "touch", "/tmp/ready");
    const cancelled = await cancel.end;
    expect(cancelled.out).toContain("\nCancelled: ");
    expect(cancelled.code).toBe(0);
    await expectImage(first, two);
  });
});

test("a deploy is followed across a control plane that is killed", async () => {
  const { two } = await rolling.versions("cli/crash", ["crash"], { health: { slow: 3600 } });
  const run = startCli(place, ["deploy", "cli/crash:v2"]);
  await printed(run, "health check of crash");
  await site.system.kill();
  await printed(run, "The plan goes on; trying to follow it again.");
  await site.system.start();
  await site.refresh();
  await site.docker.run("exec", "crash", "touch", "/tmp/ready");
  expect(await run.end).toMatchObject({ code: 0, err: "" });
  await rolling.expectRuns("crash", two);
});

test("logs are followed, each line once, until the container ends", async () => {
  const { services } = await rolling.versions("cli/log", ["log"]);
  const script =
    "echo first; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo second >&2; echo third";
  await site.docker.run("rm", "-f", "log");
  const image = (await rolling.synced(`${site.registry.host}/cli/log`)).imageName;
  await site.docker.run("run", "-d", "--name", "log", image.concat(":v1"), "sh", "-c", script);
  await site.service("log");
  await waitFor(async () => (await cli(place, ["logs", "log"])).out.includes("first"), {
    what: "the first line",
  });
  const run = startCli(place, ["logs", "-f", "log"]);
  await printed(run, "first");
  await site.docker.run("exec", "log", "touch", "/tmp/go");
  const end = await run.end;
  expect(end.out).toBe("first\nthird\n");
  expect(end.err).toBe("second\nThe container's output has ended.\n");
  expect(end.code).toBe(0);
  expect(services).toHaveLength(1);
});

test("a deploy and a log are followed through a proxy", async () => {
  const { two } = await rolling.versions("cli/far", ["far"]);
  const proxy = new ForwardProxy();
  await proxy.start();
  try {
    proxy.hosts.set("bridgeport.test:80", Number(new URL(site.api.url).port));
    const none = { NO_PROXY: "", no_proxy: "", http_proxy: "" };
    const env = { ...none, BRIDGEPORT_URL: "http://bridgeport.test", HTTP_PROXY: proxy.host };
    const far = { ...place, env: { ...place.env, ...env } };
    expect(await cli(far, ["deploy", "cli/far:v2"])).toMatchObject({ code: 0, err: "" });
    await rolling.expectRuns("far", two, "v2");
    const run = startCli(far, ["logs", "-f", "far"]);
    await waitFor(() => proxy.asked.includes("CONNECT bridgeport.test:80"), {
      what: "a WebSocket",
    });
    await site.docker.run("rm", "-f", "far");
    expect((await run.end).err).toContain("The container's output has ended.");
    expect(proxy.asked.some((one) => /^GET .*\/stream$/.test(one))).toBe(true);
  } finally {
    await proxy.stop();
  }
});

test("lists show what there is, as text and as JSON", async () => {
  await rolling.versions("cli/list", ["list"]);
  const text = async (...args: string[]) => {
    const { code, out, err } = await cli(place, args);
    expect([code, err]).toEqual([0, ""]);
    return out;
  };
  expect(await text("images")).toMatch(/list +\S+\/cli\/list +v1 +v2 \(major\) +1\/1\n/);
  expect(await text("digests", "cli/list")).toMatch(/[0-9a-f]{12} +v2 /);
  expect(await text("tags", "cli/list")).toMatch(/v1 +[0-9a-f]{12} .*matches\n/);
  expect(await text("services")).toMatch(/ list +\S+\/cli\/list +v1 +(healthy|starting) +v2\n/);
  expect(await text("servers")).toMatch(/ online /);
  expect(await text("whoami")).toContain(site.system.admin.email);
  expect(await text("doctor")).toContain("ok       Address: ");
  expect(JSON.parse(await text("servers", "--json")).servers[0].status).toBe("online");
});

describe("who logs in", () => {
  const bare = (): CliPlace => ({ dir: scratch.dir });

  test("with a password has a session, which logging out ends", async () => {
    const { email, password } = site.system.admin;
    const args = ["login", site.api.url, "--email", email, "--password-stdin"];
    const wrong = await cli(bare(), args, "not the password");
    expect(wrong.code).toBe(1);
    const end = await cli(bare(), args, `${password}\n`);
    expect(end.code).toBe(0);
    const file = `${scratch.dir}/config/bridgeport/config.json`;
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const kept = Object.values(JSON.parse(readFileSync(file, "utf8")).contexts)[0] as {
      token: string;
    };
    // A session may do what an API token may not.
    const made = await cli(bare(), [
      "tokens",
      "create",
      "ci",
      "--role",
      "viewer",
      "--expires",
      "1d",
    ]);
    expect(made.code).toBe(0);
    expect((await cli(bare(), ["tokens"])).out).toMatch(/^ci +viewer /m);
    expect((await cli(bare(), ["tokens", "delete", "ci", "--yes"])).code).toBe(0);
    expect((await cli(bare(), ["logout"])).code).toBe(0);
    const after = await fetch(`${site.api.url}/api/auth/me`, {
      headers: { authorization: `Bearer ${kept.token}` },
    });
    expect(after.status).toBe(401);
    expect((await cli(bare(), ["images"])).err).toContain("Log in to one");
  });

  test("with a token is that one, and is asked nothing", async () => {
    const token = place.env?.BRIDGEPORT_TOKEN ?? "";
    const args = ["login", site.api.url, "--token-stdin", "-e", site.environment.name];
    expect((await cli(bare(), args, "bpt_unknown")).err).toContain("This token is not known there");
    expect((await cli(bare(), args, `${token}\n`)).code).toBe(0);
    expect((await cli(bare(), ["whoami"])).out).toContain(site.system.admin.email);
    const out = await cli(bare(), ["logout"]);
    expect(out.out).toContain("It still works");
  });
});
