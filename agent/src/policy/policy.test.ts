import { type CommandBody, guardName } from "@bridgeport/proto";
import type { PowerRule } from "@bridgeport/proto/powers";
import { describe, expect, test } from "vitest";
import { parsePolicy } from "./parse-policy.ts";
import {
  hostPolicyOf,
  labelRefusal,
  logRefusal,
  openPolicy,
  openRules,
  type Policy,
  type PolicyRules,
  refusal,
} from "./policy.ts";

const pull = (reference: string): CommandBody => ({
  kind: "pull",
  reference,
  platform: null,
  credentials: null,
  sizeBytes: null,
  platforms: [],
  containers: [],
});
const stop = (containerName: string): CommandBody => ({
  kind: "lifecycle",
  containerName,
  action: "stop",
});

describe("the text of a policy", () => {
  test("restricts only what it names, in YAML or JSON", async () => {
    expect(await parsePolicy("{}")).toEqual(openRules);
    expect(await parsePolicy(`{"allow": ["pull", "run"], "denyContainers": ["db-*"]}`)).toEqual({
      ...openRules,
      allow: ["pull", "run"],
      denyContainers: ["db-*"],
    });
    const text = `
# What may be done here.
images: [registry.example/*]
denyImages:
  - registry.example/untrusted/*
containers:
  "ci-*":
    privileged: true
    mounts: [/var/run/docker.sock]
  web:
    privileged: false
    capabilities: [cap_net_admin]
`;
    expect(await parsePolicy(text)).toEqual({
      ...openRules,
      images: ["registry.example/*"],
      denyImages: ["registry.example/untrusted/*"],
      containers: [
        {
          containers: "ci-*",
          powers: { privileged: ["true"], mounts: ["/var/run/docker.sock"] },
        },
        { containers: "web", powers: { capabilities: ["NET_ADMIN"] } },
      ],
    });
  });

  test.each([
    ["", /^it is empty/],
    ["# nothing", /^it is empty/],
    ["[]", /^it must be a mapping .* of allow, images,/],
    ["{", /^it is not YAML: .* line 1/],
    ["allow: [pull]\nallow: [run]", /^it is not YAML: .*unique.* line 2/],
    [`{"alow": ["pull"]}`, /^alow is not a setting; there are allow, images,/],
    [`{"allow": "pull"}`, /^allow must be a list/],
    [`{"allow": ["pul"]}`, /^allow names "pul"; the kinds are pull,/],
    [`{"allow": ["toString"]}`, /^allow names "toString"/],
    [`{"images": [1]}`, /^images must be a list/],
    ["images: [nginx:1.27]", /^images has "nginx:1.27": a name has no colon/],
    ["denyImages: [a/b:1]", /^denyImages has "a\/b:1": it names a tag/],
    [`{"denyContainers": [""]}`, /^denyContainers must be a list/],
    ["containers: [web]", /^containers must be a mapping .* of names of containers/],
    ["containers: {web: true}", /^containers\.web must be a mapping .* of privileged, mounts,/],
    ["containers: {web: {mount: [/x]}}", /^containers\.web\.mount is not a setting; there are/],
    ["containers: {web: {privileged: yes}}", /^containers\.web\.privileged must be true or false/],
    ["containers: {web: {mounts: [srv]}}", /^containers\.web\.mounts has "srv", which is no abs/],
    ["containers: {web: {mounts: /srv}}", /^containers\.web\.mounts must be a list/],
  ])("with a mistake is said to have one: %s", async (text, sentence) => {
    expect(await parsePolicy(text)).toMatch(sentence);
  });
});

const policy = (more: Partial<Policy>): Policy => ({ ...openPolicy, path: "/p.yaml", ...more });

describe("what a policy refuses", () => {
  test("nothing, where it says nothing", () => {
    expect(refusal(openPolicy, pull("evil/x"))).toBeNull();
  });

  test("commands of other kinds than it allows, but not their cancelling", () => {
    const pullsOnly = policy({ allow: ["pull"] });
    expect(refusal(pullsOnly, pull("nginx"))).toBeNull();
    expect(refusal(pullsOnly, stop("web"))).toMatch(/does not allow "lifecycle".*\/p\.yaml/);
    expect(refusal(pullsOnly, { kind: "cancel", commandId: "c" })).toBeNull();
  });

  test("images that it does not allow, and those that it denies even where it allows them", () => {
    const team = policy({ images: ["team/*"], denyImages: ["team/old-*"] });
    expect(refusal(team, pull("team/app:1"))).toBeNull();
    expect(refusal(team, pull("docker.io/team/app:1"))).toBeNull();
    expect(refusal(team, pull("other/app:1"))).toMatch(/not allow the image docker.io\/other\/app/);
    expect(refusal(team, pull("team/old-app:1"))).toMatch(
      /forbids the image docker.io\/team\/old-app \(denyImages: team\/old-\*\).*\/p\.yaml/,
    );
    expect(refusal(policy({ denyImages: ["evil.example/*"] }), pull("EVIL.example/x"))).toMatch(
      /forbids/,
    );
  });

  test("lets no command have to do with what only keeps an image from a prune", () => {
    const guard = guardName("0123456789abcdef", 3);
    expect(refusal(openPolicy, stop(guard))).toMatch(/only keeps an image/);
    expect(refusal(openPolicy, stop("bridgeport-bp-guard"))).toBeNull();
  });

  test("anything about a protected container, its log included", () => {
    const guarded = policy({ denyContainers: ["db-*"] });
    expect(refusal(guarded, stop("db-main"))).toMatch(/protects the container "db-main"/);
    expect(logRefusal(guarded, "db-main")).toMatch(/protects/);
    expect(refusal(guarded, stop("web-db-main"))).toBeNull();
  });
});

describe("labels that protect", () => {
  const guarded = policy({ denyLabels: ["keep", "tier=data*", "com.example.*=a=b"] });

  test.each([
    [{ keep: "" }, true],
    [{ keep: "x" }, true],
    [{ keeper: "x" }, false],
    [{ tier: "database" }, true],
    [{ tier: "web" }, false],
    [{ "com.example.x": "a=b" }, true],
    [{ "com.example.x": "a" }, false],
    [{}, false],
  ])("%j: %s", (labels, isProtected) => {
    const forbidden = labelRefusal(guarded, "db", labels);
    expect(forbidden !== null).toBe(isProtected);
    if (isProtected)
      expect(forbidden).toMatch(/protects the container "db" .*denyLabels.*\/p\.yaml/);
  });

  test("are not given to new containers, either", () => {
    const spec = { Labels: { keep: "1" } };
    const planned = { containerName: "db", ports: [], order: "stop-first" as const };
    const body = { ...pull("app"), containers: [{ ...planned, allowAutoRemove: false, spec }] };
    expect(refusal(guarded, body as CommandBody)).toMatch(/"db" by a label/);
    expect(refusal(openPolicy, body as CommandBody)).toBeNull();
  });
});

describe("what a policy lets a container get", () => {
  const allows = async (granted: string, rule: PowerRule, value: string, name = "web") => {
    const rules = (await parsePolicy(`containers: {"web*": {${granted}}}`)) as PolicyRules;
    return hostPolicyOf(policy(rules)).allows(name, { rule, value });
  };

  test.each([
    ["privileged: true", "privileged", "true", true],
    ["privileged: false", "privileged", "true", false],
    ["privileged: true", "capabilities", "SYS_ADMIN", true],
    ["privileged: true", "devices", "/dev/sda:mrw", true],
    ["privileged: true", "security", "seccomp=unconfined", true],
    ["privileged: true", "mounts", "/srv", false],
    ["privileged: true", "namespaces", "pid=host", false],
    ["mounts: [/srv/*]", "mounts", "/srv/a", true],
    ["mounts: [/srv/*]", "mounts", "/srv/a:ro", true],
    ["mounts: [/srv/*]", "mounts", "/srv/a/b", false],
    ["mounts: [/srv/*]", "mounts", "/srv/..", false],
    ['mounts: ["/srv/*:ro"]', "mounts", "/srv/a:ro", true],
    ['mounts: ["/srv/*:ro"]', "mounts", "/srv/a", false],
    ["mounts: [/srv]", "mounts", "/srv:rshared", false],
    ['mounts: ["/srv:rshared"]', "mounts", "/srv:rshared", true],
    ["mounts: [/**]", "mounts", "volumes-from=db", false],
    ["mounts: [volumes-from=db]", "mounts", "volumes-from=db", true],
    ["mounts: [volumes-from=db]", "mounts", "volumes-from=db:ro", true],
    ['mounts: ["volumes-from=db:ro"]', "mounts", "volumes-from=db", false],
    ["mounts: [/srv/a]", "mounts", '"/srv/a:ro"', false],
    ["namespaces: [network=host]", "namespaces", "network=host", true],
    ["namespaces: [network=host]", "namespaces", "pid=host", false],
    ['namespaces: ["pid=container:*"]', "namespaces", "pid=container:app", true],
    ["capabilities: [ALL]", "capabilities", "SYS_ADMIN", true],
    ["capabilities: [ALL]", "capabilities", "ALL", true],
    ['capabilities: ["A*"]', "capabilities", "SYS_ADMIN", false],
    ["capabilities: [NET_ADMIN]", "capabilities", "ALL", false],
    ["devices: [/dev/fuse]", "devices", "/dev/fuse:mrw", true],
    ['devices: ["/dev/dri/*"]', "devices", "/dev/fuse:mrw", false],
    ["runtimes: [nvidia]", "runtimes", "nvidia", true],
    ['settings: ["CgroupParent=*"]', "settings", "CgroupParent=/x", true],
    ['settings: ["CgroupParent=*"]', "settings", "privileged=true", false],
  ] as const)("{%s}: %s %s is %s", async (granted, rule, value, expected) => {
    expect(await allows(granted, rule, value)).toBe(expected);
  });

  test("is for the containers of that name only", async () => {
    expect(await allows("privileged: true", "privileged", "true", "web-2")).toBe(true);
    expect(await allows("privileged: true", "privileged", "true", "app")).toBe(false);
  });
});
