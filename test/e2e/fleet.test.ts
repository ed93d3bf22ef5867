import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { type CliPlace, cli, startCli } from "../harness/cli.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

let scratch: Scratch;
let first: System;
let second: System;
let here: CliPlace;

const secrets = {
  GHCR_TOKEN: "ghp-secret-token",
  CALENDAR_TOKEN: "Bearer calendar-secret",
  HOOK_SECRET: "hook-secret-that-is-long-enough",
  BOB_PASSWORD: "bob's long password",
};

beforeAll(async () => {
  scratch = createScratch("fleet");
  [first, second] = await Promise.all([startSystem(), startSystem()]);
  here = await at(first);
});
afterAll(async () => {
  await Promise.all([first?.remove(), second?.remove()]);
  await scratch?.remove();
});

function folder(name: string): string {
  const path = scratch.path(name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Where a control plane is logged in to, with the secrets that files refer to. */
async function at(system: System, env: Record<string, string> = secrets): Promise<CliPlace> {
  const dir = folder(new URL(system.url).port);
  const place = { dir, env };
  const args = ["login", system.url, "--email", system.admin.email, "--password-stdin"];
  expect(await cli(place, args, system.admin.password)).toMatchObject({ code: 0 });
  return place;
}

const publicKey = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .publicKey.export({ type: "spki", format: "pem" })
  .toString();

const fleet = `version: 1
settings: { registryMaxTags: 20 }
environments:
  production:
    autoPruneImages: true
    registries:
      ghcr:
        type: ghcr
        url: ghcr.io
        username: ada
        token: { env: GHCR_TOKEN }
        isDefault: true
      internal: { url: "http://127.0.0.1:1" }
    images:
      ghcr.io/shop/api:
        tagFilter: "v*"
        registry: ghcr
        autoUpdate: true
        updatePolicy:
          minimumAgeMinutes: 60
          kinds: [patch, rebuild]
          windows: [{ days: [tue, mon], from: "02:00", to: "04:00" }]
          timeZone: Europe/Berlin
          rollout: { batch: 25%, soakMs: 600000, pauseAfter: each }
        hooks:
          before:
            - name: release window
              url: http://127.0.0.1:1/may-we
              headers: { Authorization: { env: CALENDAR_TOKEN } }
          after:
            - { name: tell, url: "http://127.0.0.1:1/done", method: PUT, body: done }
        signatures:
          mode: warn
          keys: [{ name: release, publicKey: ${JSON.stringify(publicKey)} }]
      ghcr.io/shop/web: { name: Shop }
    servers:
      one:
        tags: [eu, big]
        services:
          api:
            image: ghcr.io/shop/api
            healthRetries: 10
            deployOrder: start-first
            job: { command: [migrate, up] }
          web:
            name: Front
            image: ghcr.io/shop/web
            healthCheckUrl: http://127.0.0.1:8080/health
            dependsOn: [{ service: api }, { service: two/db, type: deploy_after }]
      two:
        services:
          db: { image: ghcr.io/shop/api }
  staging: {}
webhooks:
  audit:
    url: http://127.0.0.1:1/hook
    secret: { env: HOOK_SECRET }
    events: [service.drift, deployment.failed]
    environments: [production]
users:
  bob@example.com:
    name: Bob
    roles: { production: operator, staging: viewer }
    password: { env: BOB_PASSWORD }
`;

test("what one control plane exports makes another one the same, byte for byte", async () => {
  writeFileSync(`${here.dir}/fleet.yaml`, fleet);
  const differs = await cli(here, ["diff", "-f", "fleet.yaml", "--exit-code"]);
  expect(differs).toMatchObject({ code: 5, err: "" });
  expect(differs.out).toContain("+ registry production / ghcr\n");
  expect(differs.out).toContain("    token: from $GHCR_TOKEN\n");
  const made = await cli(here, ["apply", "-f", "fleet.yaml", "--yes"]);
  expect(made).toMatchObject({ code: 0, err: "" });
  expect(made.out).toMatch(/Applied \d+ changes\.\n$/);
  const again = await cli(here, ["apply", "-f", "fleet.yaml"]);
  expect(again).toEqual({ code: 0, out: "There is nothing to change.\n", err: "" });

  const { out: exported } = await cli(here, ["export"]);
  for (const secret of Object.values(secrets)) expect(exported).not.toContain(secret);
  expect(parse(exported).environments.production.images["ghcr.io/shop/api"]).toMatchObject({
    tagFilter: "v*",
    registry: "ghcr",
    updatePolicy: {
      ...{ kinds: ["rebuild", "patch"], windows: [{ days: ["mon", "tue"] }] },
      rollout: { batch: "25%", soakMs: 600_000, pauseAfter: "each" },
    },
    hooks: { before: [{ name: "release window" }], after: [{ name: "tell", body: "done" }] },
  });

  // It says by which names it wants the secrets.
  const names = [...exported.matchAll(/env: (\w+)/g)].map(([, name]) => name ?? "");
  const values = Object.fromEntries(names.map((name) => [name, `secret-for-${name}-1234`]));
  const there = await at(second, values);
  writeFileSync(`${there.dir}/exported.yaml`, exported);
  const applied = await cli(there, ["apply", "-f", "exported.yaml", "--yes"]);
  expect(applied).toMatchObject({ code: 0, err: "" });
  expect((await cli(there, ["export"])).out).toBe(exported);
  // Bob can log in with what he was given.
  const login = ["login", second.url, "--email", "bob@example.com", "--password-stdin"];
  const bob = { ...there, dir: folder("bob") };
  const password = values.PASSWORD_BOB_EXAMPLE_COM ?? "";
  expect(await cli(bob, login, password)).toMatchObject({ code: 0 });
});

test("a file that fails in its middle says what was done, and goes on when it is applied again", async () => {
  const taken = `${fleet}  carol@example.com: { role: viewer, password: { env: BOB_PASSWORD } }
  dave@example.com: { role: viewer, password: { env: SHORT } }
  erin@example.com: { role: viewer, password: { env: BOB_PASSWORD } }
`;
  writeFileSync(`${here.dir}/more.yaml`, taken);
  const nothing = await cli(here, ["apply", "-f", "more.yaml", "--yes"]);
  expect(nothing.code).toBe(1);
  expect(nothing.err).toContain("the variable SHORT is not set");
  const apply = ["apply", "-f", "more.yaml", "--yes"];
  const broken = await cli({ ...here, env: { ...secrets, SHORT: "x" } }, apply);
  expect(broken.code).toBe(3);
  expect(broken.err).toContain("Could not create user dave@example.com: ");
  expect(broken.err).toMatch(/\d+ changes? done, 1 not tried\. .* run `apply` again/);
  const corrected = { ...here, env: { ...secrets, SHORT: "long enough by now" } };
  const rest = await cli(corrected, apply);
  expect(rest.code).toBe(0);
  expect(rest.out).not.toContain("carol@example.com");
  expect(rest.out).toContain("done  + user dave@example.com\n");

  const pruned = await cli(here, ["apply", "-f", "fleet.yaml", "--yes", "--prune"]);
  expect(pruned.code).toBe(0);
  expect(pruned.out).toContain("- user carol@example.com\n");
  // Nobody takes away themselves.
  expect(pruned.out).not.toContain(first.admin.email);
});

test("an apply that is killed is finished by the next one", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `place-${index}`);
  const places = names.map((name) => `  ${name}: { autoPruneImages: true }\n`).join("");
  writeFileSync(`${here.dir}/places.yaml`, `version: 1\nenvironments:\n${places}`);
  const apply = ["apply", "-f", "places.yaml", "--yes"];
  const run = startCli(here, apply);
  await waitFor(() => run.printed().out.includes("done  + environment place-1\n"), {
    what: "an environment to be created",
    explain: () => JSON.stringify(run.printed()),
  });
  run.signal("SIGKILL");
  await run.end;
  expect((await cli(here, apply)).code).toBe(0);
  const { out } = await cli(here, ["diff", "-f", "places.yaml"]);
  expect(out).toBe("There is nothing to change.\n");
});

test("mistakes are told with line and column, and nothing is changed", async () => {
  writeFileSync(`${here.dir}/bad.yaml`, fleet.replace("tagFilter", "tagfilter"));
  const end = await cli(here, ["apply", "-f", "bad.yaml", "--yes"]);
  expect(end.code).toBe(1);
  expect(end.err).toMatch(
    /bad\.yaml:16:9: .*tagfilter: is not known here; did you mean "tagFilter"\?/,
  );
});

test("an API token cannot change users, which is said before anything is changed", async () => {
  const { out } = await cli(here, ["tokens", "create", "fleet", "--role", "admin"]);
  const env = { ...secrets, BRIDGEPORT_URL: first.url, BRIDGEPORT_TOKEN: out.trim() };
  writeFileSync(`${here.dir}/role.yaml`, fleet.replace("staging: viewer", "staging: operator"));
  const refused = await cli({ ...here, env }, ["apply", "-f", "role.yaml", "--yes"]);
  expect(refused.code).toBe(4);
  expect(refused.err).toContain("Nothing was changed: users and their roles");
  const rest = fleet.split("users:\n", 1)[0];
  const stdin = await cli({ ...here, env }, ["apply", "-f", "-", "--yes"], rest);
  expect(stdin).toMatchObject({ code: 0, out: "There is nothing to change.\n" });
});
