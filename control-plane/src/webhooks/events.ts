import { z } from "@hono/zod-openapi";

/** What outgoing webhooks can be told of. */
export const eventNames = [
  "agent.outdated",
  "container.unhealthy",
  "container.crash_looping",
  "container.missing",
  "container.recovered",
  "deployment.started",
  "deployment.succeeded",
  "deployment.failed",
  "deployment.rolled_back",
  "digest.quarantined",
  "environment.frozen",
  "environment.unfrozen",
  "image.update_available",
  "plan.paused",
  "plan.waiting",
  "registry.failing",
  "registry.recovered",
  "server.disk_low",
  "server.disk_recovered",
  "server.offline",
  "server.online",
  "server.two_agents",
  "service.drift",
] as const;
export type EventName = (typeof eventNames)[number];

export function isEventName(name: string): name is EventName {
  return (eventNames as readonly string[]).includes(name);
}

const named = z.object({ id: z.string(), name: z.string() });
const url = z.string().describe("The page in the console");
const imageName = z.string().describe("As it was written, such as registry.example.com/team/app");

const movedImage = z.object({ id: z.string().nullable(), imageName });

const deploymentData = z
  .object({
    planId: z.string(),
    image: movedImage.describe("Like `tag` and `digest`: of the first target"),
    tag: z.string().nullable(),
    digest: z.string(),
    targets: z
      .array(z.object({ image: movedImage, tag: z.string().nullable(), digest: z.string() }))
      .describe("What the plan moves: one or several images, each to a digest"),
    triggerType: z.string(),
    triggeredBy: z.string(),
    error: z.string().nullable(),
    services: z.array(
      z.object({ id: z.string().nullable(), name: z.string(), serverName: z.string() }),
    ),
    url,
  })
  .openapi("DeploymentEventData");

const waitingData = deploymentData
  .extend({ approvalsRequired: z.number().describe("People who have to approve it") })
  .openapi("PlanWaitingEventData");

const pausedData = deploymentData
  .extend({
    reason: z.string().describe("A sentence"),
    pausedBy: z.string().nullable().describe("null: by itself"),
  })
  .openapi("PlanPausedEventData");

const updateData = z
  .object({
    image: named.extend({ imageName }),
    tag: z.string().nullable(),
    digest: z.string(),
    digestId: z.string(),
    pushedAt: z.string(),
    url,
  })
  .openapi("UpdateEventData");

const quarantineData = z
  .object({
    image: named.extend({ imageName }),
    tag: z.string().nullable(),
    digest: z.string(),
    digestId: z.string(),
    planId: z.string().nullable().describe("The plan that failed or was rolled back"),
    reason: z.string(),
    url,
  })
  .openapi("QuarantineEventData");

const serverData = z.object({ server: named, url }).openapi("ServerEventData");

const containerData = z
  .object({
    service: named,
    server: named,
    containerName: z.string(),
    since: z.string().describe("Since when it is broken, or was"),
    was: z
      .enum(["container.unhealthy", "container.crash_looping", "container.missing"])
      .nullable()
      .describe("Of container.recovered: what was told"),
    url,
  })
  .openapi("ContainerEventData");

const registryData = z
  .object({
    registry: named,
    error: z.string().describe("Why its images could not be checked, or could not be until now"),
    url,
  })
  .openapi("RegistryEventData");

const diskData = z
  .object({
    server: named,
    freeBytes: z.number().describe("Free where the engine keeps images, as the agent said last"),
    url,
  })
  .openapi("DiskEventData");

const outdatedData = z
  .object({
    server: named,
    agentVersion: z.string(),
    version: z.string().describe("The control plane's"),
    url,
  })
  .openapi("AgentOutdatedEventData");

const twoAgentsData = z
  .object({
    server: named,
    reason: z.string(),
    address: z.string().describe("Where the latest of the two connects from"),
    url,
  })
  .openapi("TwoAgentsEventData");

const driftData = z
  .object({
    service: named,
    server: named,
    expected: z.string().describe("The digest that was deployed"),
    actual: z
      .string()
      .describe("The digest that runs, or the engine's id of an image that was never pulled"),
    url,
  })
  .openapi("DriftEventData");

const freezeData = z
  .object({
    until: z.string().describe("When it ends, or would have ended"),
    reason: z.string(),
    by: z.string().describe("Who had set it"),
    everywhere: z.boolean().describe("It is one of all environments"),
    url,
  })
  .openapi("FreezeEventData");

const testData = z.object({ message: z.string(), url }).openapi("TestEventData");

/** What `data` holds, by event. */
export interface EventData {
  deployment: z.infer<typeof deploymentData>;
  waiting: z.infer<typeof waitingData>;
  paused: z.infer<typeof pausedData>;
  update: z.infer<typeof updateData>;
  quarantine: z.infer<typeof quarantineData>;
  container: z.infer<typeof containerData>;
  registry: z.infer<typeof registryData>;
  disk: z.infer<typeof diskData>;
  server: z.infer<typeof serverData>;
  twoAgents: z.infer<typeof twoAgentsData>;
  outdated: z.infer<typeof outdatedData>;
  drift: z.infer<typeof driftData>;
  freeze: z.infer<typeof freezeData>;
  test: z.infer<typeof testData>;
}

/** One event as it is sent to targets of the kind `webhook`. */
const eventSchema = z
  .object({
    event: z.enum([...eventNames, "test"]),
    at: z.string().describe("When it happened; ISO 8601, UTC"),
    environment: named.nullable().describe("null for a test"),
    data: z
      .union([
        waitingData,
        pausedData,
        deploymentData,
        quarantineData,
        updateData,
        containerData,
        registryData,
        diskData,
        twoAgentsData,
        outdatedData,
        serverData,
        driftData,
        freezeData,
        testData,
      ])
      .describe(
        "By event: plan.waiting, plan.paused, deployment.*, digest.quarantined, image.update_available, container.*, registry.*, server.disk_*, server.two_agents, agent.outdated, server.*, service.drift, environment.*, test",
      ),
  })
  .openapi("WebhookEvent");

/** What is sent to targets of the kind `webhook`. */
export const payloadSchema = z
  .union([
    eventSchema,
    z
      .object({
        event: z.literal("batch"),
        at: z.string().describe("When the last of them happened"),
        environment: named.nullable().describe("null: of several"),
        data: z.object({ events: z.array(eventSchema).describe("The oldest first"), url }),
      })
      .openapi("WebhookBatch"),
  ])
  .openapi("WebhookPayload");

interface Head {
  /** ISO 8601 */
  at: string;
  environment: { id: string; name: string } | null;
}

/** Several events as one message. */
export type BatchPayload = Head & { event: "batch"; data: { events: EventPayload[]; url: string } };

/** What a target is sent. */
export type Payload = EventPayload | BatchPayload;

/** One event. */
export type EventPayload = Head &
  (
    | {
        event:
          | "deployment.started"
          | "deployment.succeeded"
          | "deployment.failed"
          | "deployment.rolled_back";
        data: EventData["deployment"];
      }
    | { event: "plan.waiting"; data: EventData["waiting"] }
    | { event: "plan.paused"; data: EventData["paused"] }
    | {
        event:
          | "container.unhealthy"
          | "container.crash_looping"
          | "container.missing"
          | "container.recovered";
        data: EventData["container"];
      }
    | { event: "digest.quarantined"; data: EventData["quarantine"] }
    | { event: "registry.failing" | "registry.recovered"; data: EventData["registry"] }
    | { event: "server.disk_low" | "server.disk_recovered"; data: EventData["disk"] }
    | { event: "image.update_available"; data: EventData["update"] }
    | { event: "server.offline" | "server.online"; data: EventData["server"] }
    | { event: "agent.outdated"; data: EventData["outdated"] }
    | { event: "server.two_agents"; data: EventData["twoAgents"] }
    | { event: "service.drift"; data: EventData["drift"] }
    | { event: "environment.frozen" | "environment.unfrozen"; data: EventData["freeze"] }
    | { event: "test"; data: EventData["test"] }
  );
