import type { Payload } from "./events.ts";

const environment = { id: "e", name: "production" };
const at = "2026-11-23T12:00:00.000Z";
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

/** One of each kind. */
export const payloads = {
  failed: {
    event: "deployment.failed",
    at,
    environment,
    data: {
      planId: "p",
      image: { id: "i", imageName: "registry.test/app" },
      tag: "v2",
      digest: digest("b"),
      targets: [],
      triggerType: "manual",
      triggeredBy: "ada@example.com",
      error: "Health check failed for web on one: <exit> & gone.",
      services: [{ id: "s", name: "web", serverName: "one" }],
      url: "https://bp.test/e/production/plans/p",
    },
  },
  update: {
    event: "image.update_available",
    at,
    environment,
    data: {
      image: { id: "i", name: "app", imageName: "registry.test/app" },
      tag: "v2",
      digest: digest("b"),
      digestId: "d",
      pushedAt: at,
      url: "https://bp.test/e/production/images/i",
    },
  },
  offline: {
    event: "server.offline",
    at,
    environment,
    data: { server: { id: "s", name: "one" }, url: "https://bp.test/e/production/servers/s" },
  },
  twoAgents: {
    event: "server.two_agents",
    at,
    environment,
    data: {
      server: { id: "s", name: "one" },
      reason: "two agents take over from each other",
      address: "192.0.2.1",
      url: "https://bp.test/e/production/servers/s",
    },
  },
  outdated: {
    event: "agent.outdated",
    at,
    environment,
    data: {
      server: { id: "s", name: "one" },
      agentVersion: "0.1.0",
      version: "0.2.0",
      url: "https://bp.test/e/production/servers/s",
    },
  },
  drift: {
    event: "service.drift",
    at,
    environment,
    data: {
      service: { id: "v", name: "web" },
      server: { id: "s", name: "one" },
      expected: digest("a"),
      actual: digest("b"),
      url: "https://bp.test/e/production/services/v",
    },
  },
  waiting: {
    event: "plan.waiting",
    at,
    environment,
    data: {
      planId: "p",
      image: { id: "i", imageName: "registry.test/app" },
      tag: "v2",
      digest: digest("b"),
      targets: [],
      triggerType: "manual",
      triggeredBy: "ann@bp.test",
      error: null,
      services: [{ id: "v", name: "web", serverName: "one" }],
      approvalsRequired: 1,
      url: "https://bp.test/e/production/plans/p",
    },
  },
  paused: {
    event: "plan.paused",
    at,
    environment,
    data: {
      planId: "p",
      image: { id: "i", imageName: "registry.test/app" },
      tag: "v2",
      digest: digest("b"),
      targets: [],
      triggerType: "manual",
      triggeredBy: "ann@bp.test",
      error: null,
      services: [{ id: "v", name: "web", serverName: "one" }],
      reason: "Batch 1 is done.",
      pausedBy: null,
      url: "https://bp.test/e/production/plans/p",
    },
  },
  frozen: {
    event: "environment.frozen",
    at,
    environment,
    data: {
      until: "2026-12-01T08:00:00.000Z",
      reason: "release week",
      by: "ann@bp.test",
      everywhere: false,
      url: "https://bp.test/e/production",
    },
  },
  test: {
    event: "test",
    at,
    environment: null,
    data: { message: "Hello", url: "https://bp.test/" },
  },
} satisfies Record<string, Payload>;
