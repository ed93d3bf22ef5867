import { reportOf } from "../inventory/discovered.fixture.ts";
import { buildPlan } from "./build-plan.ts";
import type { PlanInput, PlanInputService, PlanInputTarget } from "./plan-input.ts";

/** what plans go to, and what ran before */
export const digest = `sha256:${"b".repeat(64)}`;
export const before = `sha256:${"a".repeat(64)}`;

/** A service that is there, on a server that is online. */
export function service(id: string, more: Partial<PlanInputService> = {}): PlanInputService {
  return {
    id,
    name: id,
    containerName: `${id}-1`,
    serverId: "s1",
    serverName: "one",
    serverOnline: true,
    serverPlatform: "linux/amd64",
    imageTag: "1.0",
    deployedDigestId: null,
    deployedDigest: null,
    runningDigest: before,
    runningDigestId: "d0",
    container: reportOf(`${id}-1`),
    everFound: true,
    healthCheckUrl: null,
    healthWaitMs: null,
    healthRetries: 3,
    healthIntervalMs: 5000,
    healthProbe: "eager",
    deployOrder: "stop-first",
    spec: null,
    recordedSpec: null,
    ...more,
  };
}

/** A target of one image, `app` where no other name is given. */
export function target(
  services: PlanInputService[],
  { image, ...more }: Partial<Omit<PlanInputTarget, "image">> & { image?: string } = {},
): PlanInputTarget {
  return {
    image: {
      id: image ?? "i1",
      imageName: `registry.test/${image ?? "app"}`,
      tagFilter: "*",
      registryId: "r1",
    },
    digest: {
      id: "d1",
      manifestDigest: digest,
      configDigest: null,
      tags: ["latest", "2.0"],
      size: 1000,
      platforms: [],
    },
    tag: null,
    named: false,
    services,
    signature: null,
    ...more,
  };
}

/** A plan of these targets. */
export function release(targets: PlanInputTarget[], more: Partial<PlanInput> = {}) {
  let ids = 0;
  return buildPlan({
    environmentId: "e1",
    targets,
    leftOut: [],
    dependencies: [],
    outside: new Map(),
    autoRollback: true,
    parallelExecution: false,
    triggerType: "manual",
    triggeredBy: "ann",
    triggeredById: null,
    newId: () => `id${++ids}`,
    ...more,
  });
}
