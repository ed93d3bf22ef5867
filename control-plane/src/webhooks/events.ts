import { z } from "@hono/zod-openapi";

/** What outgoing webhooks can be told of. */
export const eventNames = [
  "agent.outdated",
  "deployment.started",
  "deployment.succeeded",
  "deployment.failed",
  "deployment.rolled_back",
  "environment.frozen",
  "environment.unfrozen",
  "image.update_available",
  "plan.paused",
  "plan.waiting",
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

const serverData = z.object({ server: named, url }).openapi("ServerEventData");

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
  server: z.infer<typeof serverData>;
  twoAgents: z.infer<typeof twoAgentsData>;
  outdated: z.infer<typeof outdatedData>;
  drift: z.infer<typeof driftData>;
  freeze: z.infer<typeof freezeData>;
  test: z.infer<typeof testData>;
}

/** What is sent to targets of the kind `webhook`. */
export const payloadSchema = z
  .object({
    event: z.enum([...eventNames, "test"]),
    at: z.string().describe("When it happened; ISO 8601, UTC"),
    environment: named.nullable().describe("null for a test"),
    data: z
      .union([
        waitingData,
        deploymentData,
        updateData,
        twoAgentsData,
        outdatedData,
        serverData,
        driftData,
        freezeData,
        testData,
      ])
      .describe(
        "By event: plan.waiting, deployment.*, image.update_available, server.two_agents, agent.outdated, server.*, service.drift, environment.*, test",
      ),
  })
  .openapi("WebhookPayload");

interface Head {
  /** ISO 8601 */
  at: string;
  environment: { id: string; name: string } | null;
}

export type Payload = Head &
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
    | { event: "image.update_available"; data: EventData["update"] }
    | { event: "server.offline" | "server.online"; data: EventData["server"] }
    | { event: "agent.outdated"; data: EventData["outdated"] }
    | { event: "server.two_agents"; data: EventData["twoAgents"] }
    | { event: "service.drift"; data: EventData["drift"] }
    | { event: "environment.frozen" | "environment.unfrozen"; data: EventData["freeze"] }
    | { event: "test"; data: EventData["test"] }
  );

/** Good, bad, or neither: what decides on a message's colour. */
export type Tone = "good" | "bad" | "neutral";

export interface Notice {
  /** one line */
  title: string;
  /** a few lines, none of them empty */
  lines: string[];
  tone: Tone;
  url: string;
}

/** An event in words, for everybody who is no program. */
export function notice(payload: Payload): Notice {
  const where = payload.environment === null ? [] : [`Environment: ${payload.environment.name}`];
  switch (payload.event) {
    case "plan.waiting": {
      const { approvalsRequired: needed } = payload.data;
      const approvals = needed === 1 ? "an approval" : `${needed} approvals`;
      return deployment(payload.data, where, `waits for ${approvals}`, "neutral");
    }
    case "plan.paused": {
      const paused = deployment(payload.data, where, "is paused", "neutral");
      return { ...paused, lines: [...paused.lines, `Why: ${payload.data.reason}`] };
    }
    case "deployment.started":
      return deployment(payload.data, where, "is being deployed", "neutral");
    case "deployment.succeeded":
      return deployment(payload.data, where, "was deployed", "good");
    case "deployment.failed":
      return deployment(payload.data, where, "could not be deployed", "bad");
    case "deployment.rolled_back":
      return deployment(payload.data, where, "was rolled back", "bad");
    case "image.update_available": {
      const { image, tag, digest, url: page } = payload.data;
      return {
        title: `${image.name}: ${tag ?? shortDigest(digest)} is available`,
        lines: [...where, `Image: ${image.imageName}`, `Digest: ${shortDigest(digest)}`],
        tone: "neutral",
        url: page,
      };
    }
    case "server.offline":
    case "server.online": {
      const off = payload.event === "server.offline";
      return {
        title: `Server ${payload.data.server.name} is ${off ? "offline" : "online"}`,
        lines: where,
        tone: off ? "bad" : "good",
        url: payload.data.url,
      };
    }
    case "agent.outdated": {
      const { server, agentVersion, version, url: page } = payload.data;
      return {
        title: `Server ${server.name}: its agent is outdated`,
        lines: [...where, `Agent: ${agentVersion}`, `Control plane: ${version}`],
        tone: "neutral",
        url: page,
      };
    }
    case "server.two_agents": {
      const { server, reason, address, url: page } = payload.data;
      return {
        title: `Server ${server.name}: two agents use its certificates`,
        lines: [
          ...where,
          `What happened: ${reason}`,
          `From: ${address}`,
          "If you know of no second agent, revoke the server's certificates on its page.",
        ],
        tone: "bad",
        url: page,
      };
    }
    case "service.drift": {
      const { service, server, expected, actual, url: page } = payload.data;
      return {
        title: `${service.name} on ${server.name} runs something else than was deployed`,
        lines: [...where, `Deployed: ${shortDigest(expected)}`, `Running: ${shortDigest(actual)}`],
        tone: "bad",
        url: page,
      };
    }
    case "environment.frozen":
    case "environment.unfrozen": {
      const { until, reason, by, everywhere, url: page } = payload.data;
      const name = everywhere
        ? "All environments"
        : (payload.environment?.name ?? "An environment");
      const frozen = payload.event === "environment.frozen";
      return {
        title: frozen ? `${name}: frozen until ${until}` : `${name}: the freeze was ended`,
        lines: [...where, `Reason: ${reason}`, `Set by: ${by}`],
        tone: "neutral",
        url: page,
      };
    }
    case "test":
      return { title: payload.data.message, lines: [], tone: "neutral", url: payload.data.url };
  }
}

function deployment(
  data: EventData["deployment"],
  where: string[],
  what: string,
  tone: Tone,
): Notice {
  const images = data.targets.map(
    ({ image, tag, digest }) => `${image.imageName}:${tag ?? shortDigest(digest)}`,
  );
  const first = `${data.image.imageName}:${data.tag ?? shortDigest(data.digest)}`;
  const several = images.length > 1;
  const services = data.services.map(({ name, serverName }) => `${name} on ${serverName}`);
  return {
    title: `${several ? `A release of ${images.length} images` : first} ${what}`,
    lines: [
      ...where,
      ...(several ? [`Images: ${images.join(", ")}`] : []),
      ...(services.length > 0 ? [`Services: ${services.join(", ")}`] : []),
      `By: ${data.triggeredBy}`,
      ...(data.error === null ? [] : [`Error: ${data.error}`]),
    ],
    tone,
    url: data.url,
  };
}

function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}
