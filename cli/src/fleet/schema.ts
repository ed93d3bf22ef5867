import { z } from "zod";

/*
 * What a fleet's file says. Each kind of thing has a default for every field that it need not name, so a
 * file that was read is complete, and one that is written can leave out what is as usual. fleet.schema.json
 * is made from this.
 */

const secret = z
  .union(
    [
      z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }),
      z.strictObject({ file: z.string().min(1) }),
    ],
    { error: "must be {env: NAME} or {file: PATH}: secrets do not stand in this file" },
  )
  .describe("Where a secret is: an environment variable, or a file, where this is applied");
export type SecretReference = z.output<typeof secret>;

const name = z.string().trim().min(1).max(100);
const text = z.string().min(1).nullable().default(null);

/** Keys are pasted with and without a line's end. */
const asLines = (pem: string) => `${pem.trim()}\n`;

const signatures = z
  .strictObject({
    mode: z.enum(["none", "warn", "require"]),
    keys: z.array(z.strictObject({ name, publicKey: z.string().overwrite(asLines) })).default([]),
    identities: z.array(z.strictObject({ issuer: z.string(), subject: z.string() })).default([]),
  })
  .nullable()
  .default(null)
  .describe("Which signatures images need");

const registry = z.strictObject({
  type: z
    .enum([
      ...(["generic", "dockerhub", "ghcr", "gitlab", "digitalocean", "ecr", "gcr", "acr"] as const),
      ...(["quay", "harbor", "gitea", "artifactory", "nexus"] as const),
    ])
    .default("generic"),
  url: z.string().min(1).describe("The registry's address"),
  repositoryPrefix: text,
  username: text,
  token: secret.nullable().default(null),
  password: secret.nullable().default(null),
  passwordToAgents: z.enum(["never", "without_tokens", "always"]).default("without_tokens"),
  isDefault: z.boolean().default(false),
  refreshIntervalMinutes: z.int().min(5).max(1440).default(30),
  autoLinkPattern: text,
  signatures,
});

const days = z.enum(["sun", "mon", "tue", "wed", "thu", "fri", "sat"]);
const inOrder = (some: z.output<typeof days>[]) => days.options.filter((day) => some.includes(day));
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time such as 02:30");
const kinds = ["rebuild", "patch", "minor", "major", "other"] as const;

const services = z.int().min(1).max(1000);

const batchError = "must be a number of services from 1, or a share such as 25%";

const analysis = z
  .strictObject({
    prometheus: z.strictObject({
      url: z.string().min(1),
      query: z.string().min(1).max(2000),
      condition: z.strictObject({
        operator: z.enum(["<", "<=", ">", ">=", "=="]),
        value: z.number(),
      }),
      intervalMs: z.int().min(1000).max(3_600_000).default(30_000),
    }),
  })
  .nullable()
  .default(null)
  .describe("What is measured while a batch is watched, which needs soakMs");

const rollout = z
  .strictObject({
    batch: z
      .union([services, z.string().regex(/^(?:[1-9]\d?|100)%$/, batchError)], { error: batchError })
      .nullable()
      .default(null),
    maxUnavailable: services.nullable().default(null),
    soakMs: z.int().min(0).max(86_400_000).default(0),
    pauseAfter: z
      .union([services, z.literal("each")], { error: "must be a number from 1, or each" })
      .nullable()
      .default(null),
    onFailure: z.enum(["rollback", "pause"]).default("rollback"),
    analysis,
  })
  .refine((asked) => asked.analysis === null || asked.soakMs > 0, {
    path: ["analysis"],
    error: "needs a soak: say with soakMs how long each batch is watched",
  })
  .nullable()
  .default(null)
  .describe("How carefully plans of auto-update go on; null: all in one go");

const updatePolicy = z
  .strictObject({
    minimumAgeMinutes: z.int().min(0).max(525_600).default(0),
    windows: z
      .array(
        z.strictObject({
          days: z.array(days).min(1).overwrite(inOrder),
          from: timeOfDay,
          to: timeOfDay,
        }),
      )
      .default([]),
    timeZone: z.string().default("UTC"),
    kinds: z
      .array(z.enum(kinds))
      .overwrite((some) => kinds.filter((kind) => some.includes(kind)))
      .default([...kinds]),
    snoozedUntil: z.iso
      .datetime({ offset: true })
      .overwrite((time) => new Date(time).toISOString())
      .nullable()
      .default(null),
    pinned: z.boolean().default(false),
    reason: z.string().max(500).nullable().default(null),
    rollout,
  })
  .prefault({})
  .describe("When auto-update may update it, and to what");

const hookWith = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({
    name,
    url: z
      .union([z.string().min(1), secret])
      .describe("Where it is called; a reference where it is secret"),
    method: z.enum(["POST", "PUT", "PATCH", "GET"]).default("POST"),
    headers: z.record(z.string(), value).default({}).describe("By name"),
    body: z.string().nullable().default(null).describe("null: what the plan is about, as JSON"),
    timeoutMs: z.int().min(100).max(600_000).default(10_000),
  });

const listOf = <One extends ReturnType<typeof hookWith>>(one: One) =>
  z
    .array(one)
    .max(10)
    .superRefine((hooks, context) => {
      for (const [index, { name }] of hooks.entries()) {
        if (hooks.findIndex((other) => other.name === name) === index) continue;
        const message = "another hook of this list has this name";
        context.addIssue({ code: "custom", path: [index, "name"], message });
      }
    })
    .default([]);

const hook = hookWith(secret);
const hooks = z
  .strictObject({ before: listOf(hook), after: listOf(hook) })
  .prefault({})
  .describe("HTTP calls of every plan of the image, in their order");

const ownHook = hookWith(z.union([z.string(), secret]));
/** The hooks of one plan, in a file of their own, which may have the values of headers in it. */
export const planHooksSchema = z.strictObject({ before: listOf(ownHook), after: listOf(ownHook) });

const image = z
  .strictObject({
    name: name.optional().describe("Default: the last part of the image's name"),
    tagFilter: z.string().default("latest"),
    registry: name.nullable().default(null).describe("A registry of the environment, by its name"),
    autoUpdate: z.boolean().default(false),
    updatePolicy,
    hooks,
    signatures,
  })
  .prefault({});

const dependency = z.strictObject({
  service: z
    .string()
    .min(1)
    .describe("A container of the same server, or of another one as server/container"),
  type: z.enum(["health_before", "deploy_after"]).default("health_before"),
});

const job = z
  .strictObject({
    command: z
      .array(z.string().max(4096))
      .min(1)
      .max(100)
      .describe("In the place of the image's CMD, word by word; its entrypoint stays"),
    timeoutMs: z.int().min(1000).max(86_400_000).default(600_000),
  })
  .nullable()
  .default(null)
  .describe(
    "The job of its image: runs once in each plan before anything is replaced, with this service's settings. One service of an image may have it",
  );

const service = z.strictObject({
  name: name.optional().describe("Default: the container's name"),
  image: z.string().describe("An image of the environment, by its image name"),
  healthCheckUrl: text,
  healthWaitMs: z.int().min(0).max(3_600_000).nullable().default(null),
  healthRetries: z.int().min(0).max(100).default(3),
  healthIntervalMs: z.int().min(100).max(600_000).default(5000),
  healthProbe: z.enum(["eager", "engine"]).default("eager"),
  deployOrder: z.enum(["stop-first", "start-first"]).default("stop-first"),
  job,
  dependsOn: z.array(dependency).default([]),
});

const server = z
  .strictObject({
    tags: z.array(z.string().min(1).max(50)).default([]),
    services: z.record(z.string(), service).optional().describe("By the container's name"),
  })
  .prefault({});

const environment = z
  .strictObject({
    autoPruneImages: z.boolean().default(false),
    pruneImagesMode: z.enum(["dangling", "all"]).default("dangling"),
    signatures,
    registries: z.record(name, registry).optional().describe("By name"),
    images: z.record(z.string(), image).optional().describe("By image name"),
    servers: z.record(name, server).optional().describe("By name"),
  })
  .prefault({});

const sorted = (words: string[]) => [...new Set(words)].sort();

const webhook = z.strictObject({
  kind: z
    .enum([
      ...["webhook", "slack", "discord", "teams", "ntfy", "email", "telegram", "gotify"],
      ...["matrix", "pushover", "mqtt", "template"],
    ] as const)
    .default("webhook"),
  url: z
    .union([z.string().min(1), secret])
    .describe("Where it is sent; a reference where it is secret"),
  secret: secret.nullable().default(null),
  events: z.array(z.string()).min(1).overwrite(sorted),
  environments: z
    .array(name)
    .min(1)
    .overwrite(sorted)
    .nullable()
    .default(null)
    .describe("Only of these environments; null: of every one"),
  enabled: z.boolean().default(true),
  headers: z
    .record(z.string(), z.string())
    .nullable()
    .default(null)
    .describe("Of the kind template, with placeholders"),
  body: z.string().nullable().default(null).describe("Of the kind template, with placeholders"),
  batchMs: z
    .int()
    .nullable()
    .default(null)
    .describe("What happens within so long is told together; null: each by itself"),
  quietHours: z
    .strictObject({
      from: z.string().describe("Local time of day, such as 22:00"),
      to: z.string(),
      timeZone: z.string().describe("Such as Europe/Berlin"),
      urgentThrough: z.boolean().default(true),
    })
    .nullable()
    .default(null)
    .describe("What happens meanwhile is told when they end; null: none"),
});

const role = z.enum(["viewer", "operator", "admin"]);
const user = z.strictObject({
  name: name.nullable().default(null),
  role: role.nullable().default(null).describe("Everywhere"),
  roles: z.record(name, role).default({}).describe("In environments, by their names"),
  password: secret.nullable().default(null).describe("Used when the user is created only"),
});

export const fleetSchema = z.strictObject({
  version: z.literal(1).describe("Of this format"),
  settings: z
    .strictObject({
      registryMaxTags: z.int().min(1).max(10_000).default(50),
      retentionDays: z.int().min(1).max(3650).default(365),
    })
    .optional(),
  environments: z.record(name, environment).optional().describe("By name"),
  webhooks: z.record(name, webhook).optional().describe("Outgoing notifications, by name"),
  users: z.record(z.string().max(254), user).optional().describe("Users and their roles, by email"),
});

/** A file that was read: complete but for sections that it leaves alone. */
export type Fleet = z.output<typeof fleetSchema>;
export type FleetEnvironment = NonNullable<Fleet["environments"]>[string];
export type FleetRegistry = NonNullable<FleetEnvironment["registries"]>[string];
export type FleetImage = NonNullable<FleetEnvironment["images"]>[string];
export type FleetHooks = FleetImage["hooks"];
export type FleetServer = NonNullable<FleetEnvironment["servers"]>[string];
export type FleetService = NonNullable<FleetServer["services"]>[string];
export type FleetWebhook = NonNullable<Fleet["webhooks"]>[string];
export type FleetUser = NonNullable<Fleet["users"]>[string];

/** What each kind of thing is where its file names nothing that it need not name. */
export const defaults = {
  registry: registry.parse({ url: "x" }),
  image: image.parse({}),
  rollout: rollout.parse({}),
  hook: hook.parse({ name: "x", url: "x" }),
  service: service.parse({ image: "x" }),
  server: server.parse({}),
  environment: environment.parse({}),
  webhook: webhook.parse({ url: "x", events: ["x"] }),
  user: user.parse({}),
} as const;

/** The published JSON Schema of the file, for editors and checks. */
export function fleetJsonSchema(): object {
  return {
    $id: "https://bridgeport.invalid/fleet.schema.json",
    title: "Bridgeport fleet",
    ...z.toJSONSchema(fleetSchema, { io: "input" }),
  };
}
