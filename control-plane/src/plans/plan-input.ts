import type { DeployOrder, HealthProbe } from "@bridgeport/proto";
import type { SealedHooks } from "../hooks/hook.ts";
import type { SignatureFinding } from "../signatures/gate.ts";
import type { PlanJob } from "./job-steps.ts";
import type { DependencyType, OutsideNeed, TriggerType } from "./plan.ts";
import type { Rollout } from "./rollout.ts";
import type { Candidate, LeftOut } from "./taking-part.ts";

/** What a plan is built from: rows as they are at this moment. */
export interface PlanInput {
  environmentId: string;
  /** at least one; a service is of one of them */
  targets: PlanInputTarget[];
  /** services that were meant and are not among these, with the reason */
  leftOut: LeftOut[];
  /** among the services of all targets */
  dependencies: { serviceId: string; dependsOnId: string; type: DependencyType }[];
  /** on services that are in none of them, by the id of the service that needs them */
  outside: ReadonlyMap<string, OutsideNeed[]>;
  /** what runs once before anything is replaced, by the id of the image; absent: nothing */
  jobs?: ReadonlyMap<string, PlanJob>;
  /** what is called before and after; absent: nothing */
  hooks?: SealedHooks;
  autoRollback: boolean;
  parallelExecution: boolean;
  allowAutoRemove?: boolean | undefined;
  /** absent or null: everything is one batch */
  rollout?: Rollout | null | undefined;
  triggerType: TriggerType;
  triggeredBy: string;
  triggeredById: string | null;
  /** makes ids: UUIDv7 */
  newId: () => string;
}

/** Services of one image, and the digest that they go to. */
export interface PlanInputTarget {
  image: {
    id: string;
    imageName: string;
    tagFilter: string;
    registryId: string | null;
  };
  digest: {
    id: string;
    manifestDigest: string;
    configDigest: string | null;
    tags: string[];
    size: number | null;
    platforms: Platform[];
  };
  /** the tag that was asked for; null: the digest's best tag */
  tag: string | null;
  /** the services were named: they get the plan's tag, whatever they follow */
  named: boolean;
  services: PlanInputService[];
  /** what was found of the digest's signatures; null: no rule asks for any */
  signature: SignatureFinding | null;
}

export interface Platform {
  platform: string;
  manifestDigest: string | null;
  configDigest: string | null;
  size: number | null;
}

export interface PlanInputService extends Candidate {
  serverId: string;
  serverOnline: boolean;
  /** os/arch[/variant] of the server; null: unknown */
  serverPlatform: string | null;
  deployedDigestId: string | null;
  deployedDigest: string | null;
  runningDigest: string | null;
  /** the row of the digest that runs, where it is one of this image's */
  runningDigestId: string | null;
  healthCheckUrl: string | null;
  healthWaitMs: number | null;
  healthRetries: number;
  healthIntervalMs: number;
  healthProbe: HealthProbe;
  deployOrder: DeployOrder;
}
