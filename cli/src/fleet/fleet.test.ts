import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { painter } from "../terminal/colour.ts";
import { diffText } from "./diff-text.ts";
import { danglingNames, doubledNames, missingForCreation, planChanges } from "./plan-changes.ts";
import { readFleet } from "./read-file.ts";
import { defaults, fleetJsonSchema } from "./schema.ts";
import { secretNames } from "./secret-names.ts";
import { revealAll } from "./secrets.ts";
import { writeFleet } from "./write-file.ts";

const text = `version: 1
settings:
  registryMaxTags: 20
  retentionDays: 365
environments:
  production:
    autoPruneImages: true
    registries:
      ghcr:
        type: ghcr
        url: https://ghcr.io
        username: ada
        token:
          env: GHCR_TOKEN
    images:
      ghcr.io/shop/api:
        tagFilter: v*
        registry: ghcr
        updatePolicy:
          windows:
            - days:
                - mon
                - tue
              from: "02:00"
              to: "04:00"
          pinned: true
          rollout:
            batch: 25%
            soakMs: 600000
            analysis:
              prometheus:
                url: http://prometheus.example.com:9090
                query: sum(rate(errors_total[5m]))
                condition:
                  operator: <
                  value: 0.01
                intervalMs: 60000
        hooks:
          before:
            - name: release window
              url: https://calendar.example.com/may-we
              headers:
                Authorization:
                  env: CALENDAR_TOKEN
            - name: second look
              url: https://look.example.com/
              method: GET
          after:
            - name: tell the team
              url:
                env: CHAT_URL
              timeoutMs: 30000
      ghcr.io/shop/web:
        name: Shop
        registry: ghcr
    servers:
      one:
        tags:
          - eu
        services:
          api:
            image: ghcr.io/shop/api
            healthRetries: 10
            job:
              command:
                - migrate
                - up
              timeoutMs: 60000
          web:
            name: Front
            image: ghcr.io/shop/web
            dependsOn:
              - service: api
              - service: two/db
                type: deploy_after
      two:
        services:
          db:
            image: ghcr.io/shop/api
webhooks:
  chat:
    url:
      env: WEBHOOK_CHAT_URL
    kind: slack
    events:
      - deployment.failed
    environments:
      - production
users:
  ada@example.com:
    role: admin
    password:
      env: PASSWORD_ADA_EXAMPLE_COM
  bob@example.com:
    roles:
      production: operator
`;
const fleetOf = (changed: string) => readFleet(changed, "fleet.yaml").fleet;
const fleet = fleetOf(text);
const edited = (from: string, to: string) => {
  expect(text).toContain(from);
  return fleetOf(text.replace(from, to));
};
const outline = (changes: ReturnType<typeof planChanges>) =>
  changes.map(({ action, item, fields }) =>
    [action, item.kind, item.at.join("/"), ...fields.map(({ field }) => field)].join(" "),
  );

describe("a file", () => {
  it("is written as it was read", () => {
    expect(parse(writeFleet(fleet))).toEqual(parse(text));
    expect(writeFleet(fleetOf(writeFleet(fleet)))).toBe(writeFleet(fleet));
  });
  it("is what the published schema says", () => {
    const file = fileURLToPath(new URL("../../fleet.schema.json", import.meta.url));
    const published = JSON.parse(readFileSync(file, "utf8"));
    expect(published).toEqual(JSON.parse(JSON.stringify(fleetJsonSchema())));
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    const valid = ajv.compile(published);
    expect([valid(parse(text)), valid.errors]).toEqual([true, null]);
    expect(valid(parse(text.replace("tagFilter", "tagfilter")))).toBe(false);
  });
  it("holds no secret", () => {
    const url = "https://hooks.example.com/secret-path";
    const own = { ...fleet.webhooks?.chat, url } as NonNullable<typeof fleet.webhooks>[string];
    expect(writeFleet({ ...fleet, webhooks: { chat: own } })).not.toContain("secret-path");
  });
  it("holds no address of a hook with a query, where secrets may be", () => {
    const image = fleet.environments?.production?.images?.["ghcr.io/shop/api"];
    const [first] = image?.hooks.before ?? [];
    if (!image || !first) throw new Error("There is no hook.");
    const hooks = { before: [{ ...first, url: "https://h.test/?key=s3cret" }], after: [] };
    const written = writeFleet({
      ...fleet,
      environments: { e: { ...defaults.environment, images: { a: { ...image, hooks } } } },
    });
    expect(written).not.toContain("s3cret");
    expect(written).toContain("env: HOOK_URL_E_A_RELEASE_WINDOW\n");
  });
  it.each([
    [
      "tagFilter: v*",
      "tagfilter: v*",
      'fleet.yaml:17:9: environments.production.images.ghcr.io/shop/api.tagfilter: is not known here; did you mean "tagFilter"?',
    ],
    ["version: 1", "version: 2", "fleet.yaml:1:1: version:"],
    [
      "        token:\n          env: GHCR_TOKEN",
      "        token: ghp_1234",
      "fleet.yaml:13:9: environments.production.registries.ghcr.token: must be {env: NAME} or {file: PATH}: secrets do not stand in this file",
    ],
    [
      "healthRetries: 10",
      "healthRetries: many",
      "fleet.yaml:63:13: environments.production.servers.one.services.api.healthRetries: expected number, received string",
    ],
    [
      "                Authorization:\n                  env: CALENDAR_TOKEN",
      "                Authorization: Bearer s3cret",
      "headers.Authorization: must be {env: NAME} or {file: PATH}: secrets do not stand in this file",
    ],
    ["            batch: 25%", "            batch: 0%", "must be a number of services from 1"],
    [
      "            - name: second look",
      "            - name: release window",
      "hooks.before.1.name: another hook of this list has this name",
    ],
    ["      two:\n", "      one:\n", "fleet.yaml:76:7: Map keys must be unique"],
    ["webhooks:\n", "webhooks: [\n", "fleet.yaml:"],
  ])("with a mistake says where: %j", (from, to, message) => {
    expect(() => edited(from, to)).toThrow(message);
  });
  it("cannot hide what it says, nor grow while it is read", () => {
    const hidden = "version: 1\nenvironments:\n  __proto__: { autoPruneImages: true }\n";
    expect(() => fleetOf(hidden)).toThrow("fleet.yaml:3:3: __proto__: nothing can have this name");
    const more = (index: number) => `a${index}: &a${index} [${`*a${index - 1}, `.repeat(9)}x]\n`;
    const bomb = `a0: &a0 [x]\n${[1, 2, 3, 4, 5, 6].map(more).join("")}`;
    expect(() => fleetOf(bomb)).toThrow(/^fleet\.yaml: Excessive alias count/);
  });
  it("says each mistake", () => {
    expect(() => fleetOf("version: 1\nfoo: 1\nsettings:\n  bar: 2\n")).toThrow(
      /^fleet.yaml:2:1: foo: .*\nfleet.yaml:4:3: settings.bar: /,
    );
    expect(() => fleetOf("")).toThrow("fleet.yaml:1:1: version:");
  });
  it.each([
    [
      "registry: ghcr\n        updatePolicy",
      "registry: gchr\n        updatePolicy",
      'fleet.yaml:18:9: environments.production.images.ghcr.io/shop/api.registry: there is no registry "gchr" in production',
    ],
    [
      "            image: ghcr.io/shop/web",
      "            image: ghcr.io/shop/wbe",
      'there is no image "ghcr.io/shop/wbe" in production',
    ],
    ["service: two/db", "service: two/dd", 'there is no service "two/dd" in production'],
    ["production: operator", "staging: operator", 'there is no environment "staging"'],
    ["      - production", "      - staging", 'there is no environment "staging"'],
    [
      "          db:\n            image: ghcr.io/shop/api",
      "          db:\n            image: ghcr.io/shop/api\n            job: { command: [migrate] }",
      'another service has the job of the image "ghcr.io/shop/api" already',
    ],
  ])("that names what is not there says so: %j", (from, to, message) => {
    const file = readFleet(text.replace(from, to), "fleet.yaml");
    const nothing = { version: 1 as const };
    expect(file.failure(danglingNames(nothing, file.fleet)).message).toContain(message);
    expect(danglingNames(fleet, fleet)).toEqual([]);
  });
});

describe("what has to be done", () => {
  it("is nothing where all is as it should be", () => {
    expect(planChanges(fleet, fleet, { prune: true })).toEqual([]);
  });
  it("is nothing where names are only written in another way", () => {
    const written = (image: string, email: string) =>
      fleetOf(`version: 1
environments:
  production:
    images: { ${image}: { name: nginx } }
    servers: { one: { services: { web: { image: ${image} } } } }
users: { ${email}: { role: viewer } }
`);
    const [one, other] = [
      written("nginx", "ada@example.com"),
      written("index.docker.io/library/nginx", "Ada@example.com"),
    ];
    expect(planChanges(one, other, { prune: true })).toEqual([]);
    expect(danglingNames(one, other)).toEqual([]);
    const twice = fleetOf(
      "version: 1\nenvironments: { e: { images: { team/app: {}, docker.io/team/app: {} } } }\n",
    );
    expect(doubledNames(twice).map(({ message }) => message)).toEqual([
      "is the same image as e / team/app",
    ]);
  });
  it("is everything where there is nothing, what others need first", () => {
    expect(
      outline(planChanges({ version: 1 }, fleet)).map((line) => line.split(" ", 3).join(" ")),
    ).toEqual([
      "create settings ",
      "create environment production",
      "create registry production/ghcr",
      "create image production/ghcr.io/shop/api",
      "create image production/ghcr.io/shop/web",
      "create server production/one",
      "create server production/two",
      "create service production/one/api",
      "create service production/one/web",
      "create service production/two/db",
      "create dependency production/one/web/one/api",
      "create dependency production/one/web/two/db",
      "create webhook chat",
      "create user ada@example.com",
      "create user bob@example.com",
    ]);
  });
  it.each([
    ["tagFilter: v*", "tagFilter: main", ["update image production/ghcr.io/shop/api tagFilter"]],
    [
      "healthRetries: 10",
      "deployOrder: start-first",
      ["update service production/one/api healthRetries deployOrder"],
    ],
    ["          - eu", "          - us", ["update server production/one tags"]],
    [
      "type: deploy_after",
      "type: health_before",
      ["update dependency production/one/web/two/db type"],
    ],
    ["              - service: api\n", "", ["delete dependency production/one/web/one/api"]],
    ["          env: GHCR_TOKEN", "          env: OTHER", []],
    ["            batch: 25%\n", "", ["update image production/ghcr.io/shop/api updatePolicy"]],
    ["                  env: CALENDAR_TOKEN", "                  env: OTHER", []],
    [
      "            - name: second look\n              url: https://look.example.com/\n              method: GET\n",
      "",
      ["update image production/ghcr.io/shop/api hooks.before"],
    ],
    [
      "              method: GET",
      "              method: PUT",
      ['update image production/ghcr.io/shop/api hooks.before["second look"].method'],
    ],
    ["        token:\n          env: GHCR_TOKEN\n", "", ["update registry production/ghcr token"]],
    ["    role: admin", "    role: viewer", ["update user ada@example.com role"]],
    [
      "      - deployment.failed",
      "      - deployment.failed\n      - service.drift",
      ["update webhook chat events"],
    ],
  ])("is what was edited: %j", (from, to, changes) => {
    expect(outline(planChanges(fleet, edited(from, to)))).toEqual(changes);
  });
  it("leaves alone what the file does not name, until it is asked to prune", () => {
    const less = edited("  bob@example.com:\n    roles:\n      production: operator\n", "");
    expect(planChanges(fleet, less)).toEqual([]);
    expect(outline(planChanges(fleet, less, { prune: true }))).toEqual([
      "delete user bob@example.com",
    ]);
    const without = { version: 1 as const, environments: fleet.environments };
    expect(planChanges(fleet, without, { prune: true })).toEqual([]);
    const none = { version: 1 as const, environments: {} };
    expect(
      outline(planChanges(fleet, none, { prune: true })).map((line) => line.split(" ")[1]),
    ).toEqual([
      ...["dependency", "dependency", "service", "service", "service", "server", "server"],
      ...["image", "image", "registry", "environment"],
    ]);
  });
  it("sets secrets again only where it is asked to", () => {
    const changes = planChanges(fleet, fleet, { secrets: true });
    expect(outline(changes)).toEqual([
      "update registry production/ghcr token",
      'update image production/ghcr.io/shop/api hooks.before["release window"].headers["Authorization"] hooks.after["tell the team"].url',
      "update webhook chat url",
    ]);
  });
  it("needs a password for somebody new", () => {
    const missing = missingForCreation(planChanges({ version: 1 }, fleet));
    expect(missing.map(({ path }) => path.join("."))).toEqual(["users.bob@example.com.password"]);
  });
  it("is shown with signs, fields and where secrets come from", () => {
    const changes = planChanges({ version: 1 }, fleet).filter(
      ({ item }) => item.kind === "registry",
    );
    expect(diffText(changes, painter(false))).toBe(
      "+ registry production / ghcr\n    type: ghcr\n    url: https://ghcr.io\n    username: ada\n" +
        "    passwordToAgents: without_tokens\n    refreshIntervalMinutes: 30\n    token: from $GHCR_TOKEN\n\n" +
        "1 to create, 0 to change, 0 to delete",
    );
  });
});

describe("secrets", () => {
  it("are all looked up before anything is changed", () => {
    const changes = planChanges({ version: 1 }, fleet);
    const env = { GHCR_TOKEN: "x", CALENDAR_TOKEN: "y", CHAT_URL: "https://chat.test" };
    expect(() => revealAll(changes, env, ".")).toThrow(
      "Nothing was changed, because secrets are missing:\n  the variable WEBHOOK_CHAT_URL is not set\n  the variable PASSWORD_ADA_EXAMPLE_COM is not set",
    );
  });
  it("are sent again with what moves them to another place", () => {
    const moved = planChanges(
      fleet,
      edited("url: https://ghcr.io", "url: https://ghcr.example.com"),
    );
    expect(() => revealAll(moved, {}, ".")).toThrow("GHCR_TOKEN");
    expect(revealAll(moved, { GHCR_TOKEN: "x" }, ".")({ env: "GHCR_TOKEN" })).toBe("x");
  });
  it("of a hook are sent again where it calls another address, and no others", () => {
    const moved = planChanges(fleet, edited("calendar.example.com", "window.example.com"));
    expect(() => revealAll(moved, {}, ".")).toThrow(
      /missing:\n {2}the variable CALENDAR_TOKEN[^\n]*$/,
    );
  });
  it("have names that are told apart", () => {
    const name = secretNames();
    expect([name("a-b", "token"), name("a.b", "token"), name("9")]).toEqual([
      "A_B_TOKEN",
      "A_B_TOKEN_2",
      "_9",
    ]);
  });
});
