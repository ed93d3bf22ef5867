import type { ContainerReport, ContainerState, HealthState, Observation } from "@bridgeport/proto";
import type { CommandOutcome } from "../commands/commands.store.ts";
import type { HookCall, Told } from "./hook.ts";
import type { Question, Rollout, Soak, SoakQuestion, SoakStart } from "./rollout.ts";
import type { PlanStatus, StepStatus } from "./statuses.ts";

/* The words of a deployment plan; its statuses are in statuses.ts. */

export const triggerTypes = ["manual", "webhook", "auto_update", "rollback"] as const;
export type TriggerType = (typeof triggerTypes)[number];

export const stepActions = [
  ...(["hook", "pull", "job", "deploy", "health_check", "soak", "rollback"] as const),
] as const;
export type StepAction = (typeof stepActions)[number];

/** What an agent answered. */
export type Outcome = CommandOutcome;

/** One plan with everything that decides what is due. Times are epoch milliseconds. */
export interface Snapshot {
  plan: {
    id: string;
    status: PlanStatus;
    autoRollback: boolean;
    parallelExecution: boolean;
    cancelRequested: boolean;
    rollbackStarted: boolean;
    /** a person wants everything back that was touched */
    rollbackRequested: boolean;
    onFailure: Rollout["onFailure"];
    /** of each image; null: no limit */
    maxUnavailable: number | null;
  };
  /** by position */
  services: SnapshotService[];
  /** by position */
  steps: SnapshotStep[];
  /** the removal of what was kept for a rollback, once it was ordered */
  cleanUp: { open: number; orderedAt: number } | null;
  /** since when agents have been able to tell us what became of their commands */
  listeningSince: number;
}

export interface SnapshotService {
  position: number;
  name: string;
  serverName: string;
  level: number;
  /** from 1 */
  batch: number;
  /** the position of the first target of its image: whose services are counted together */
  image: number;
  /** false once it was deleted */
  exists: boolean;
  /** its health check asks a URL */
  checksUrl: boolean;
  /** null: nothing of this plan is watched now */
  seen: SeenContainer | null;
  dependsOn: { position: number; type: DependencyType }[];
  /** what it needs of services that are not in the plan, and what is known of these now */
  outside: { needs: OutsideNeed[]; facts: OutsideFact[] };
  /** its container before the plan touched it; null: there was none, or it is not known */
  before: Observation | null;
}

/** A service's container as its server reported it last. */
export interface SeenContainer {
  /** its agent is connected, and has reported everything since it is */
  current: boolean;
  /** null: there is none */
  container: Pick<ContainerReport, "id" | "state" | "health" | "restartCount" | "startedAt"> | null;
}

export type DependencyType = "health_before" | "deploy_after";

/** A service outside of the plan, as the plan fixed it when it was built. */
export interface OutsideNeed {
  serviceId: string;
  serviceName: string;
  serverName: string;
  /** `health_before` also needs it healthy, where its container has a health check */
  type: DependencyType;
}

/** What is known of it at the moment of deciding. */
export interface OutsideFact {
  serviceId: string;
  serverOnline: boolean;
  /** of its container; null: it has none */
  state: ContainerState | null;
  health: HealthState | null;
  /** it was deployed so lately that its agent may not have told of its container yet */
  justDeployed?: boolean;
}

export interface SnapshotStep {
  id: string;
  position: number;
  action: StepAction;
  status: StepStatus;
  /** null for a pull, which is for a server, for a job and for a hook */
  servicePosition: number | null;
  /** null: before every batch, or going back */
  batch: number | null;
  /** null: it is none. `start` is null until its time begins, as is the step's deadline */
  soak:
    | (Pick<Soak, "durationMs" | "pauses" | "analysis"> & {
        start: SoakStart[] | null;
        questions: SoakQuestion[];
      })
    | null;
  serverName: string;
  /** whether its agent is connected */
  serverOnline: boolean;
  /** whether its agent can hold a command back until others have succeeded */
  agentHoldsBack: boolean;
  /** false once the server, or the service, was deleted */
  targetExists: boolean;
  error: string | null;
  /** null: it was never started, though it may have ended */
  startedAt: number | null;
  /** of one that is pending: until when it waits for what is outside of the plan */
  deadlineAt: number | null;
  /** null until the step is prepared or started */
  command: {
    sent: boolean;
    /** until when the agent carries it out; later than the step's where it was prepared */
    deadlineAt: number | null;
    outcome: Outcome | null;
    cancelSent: boolean;
  } | null;
  /** of a hook: when it is called, and its call once it is started; null: the step is none */
  hook: { moment: "before" | "after"; name: string; call: HookCall | null } | null;
}

/** What is due, as `decide` says. `transition` has what each does. */
export type Action =
  /** `told`: what a hook is told of the plan; absent: that it runs */
  | { kind: "start_step"; stepId: string; told?: Told }
  /** its turn has come, and what it waits for is outside of the plan; it has as long as the step itself */
  | { kind: "await_step"; stepId: string; note: string }
  /** order a step whose agent holds it back until this gate has passed */
  | { kind: "prepare_step"; stepId: string; gateId: string }
  | {
      kind: "finish_step";
      stepId: string;
      status: "success" | "failed" | "skipped";
      error: string | null;
      /** what there is to say of it that is no error */
      note?: string | null;
      /** it ends without having been started: nothing was touched */
      notStarted?: boolean;
      /** of a soak: positions of services whose containers went wrong by themselves */
      blamed?: number[];
    }
  /** a soak's time begins, as every container has been seen */
  | { kind: "begin_soak"; stepId: string }
  /** ask agents for the health of these services of a batch that is watched, and Prometheus */
  | { kind: "ask_soak"; stepId: string; of: Question["of"][] }
  /** give a step that was called off another command, as its plan goes on */
  | { kind: "renew_step"; stepId: string }
  /** nothing new starts until a person goes on */
  | { kind: "pause"; reason: string; by: string | null }
  /** ask the agent to give up what it is doing */
  | { kind: "cancel_step"; stepId: string }
  /** what was kept for a rollback is no longer needed: have it removed */
  | { kind: "clean_up" }
  /** add a rollback step for each of these services, in this order */
  | { kind: "begin_rollback"; services: number[] }
  | {
      kind: "finish_plan";
      status: "completed" | "failed" | "rolled_back" | "cancelled";
      error: string | null;
    };

/** An approval as it was given. What it counts for is decided when it matters. */
export interface Approval {
  /** a token's is its owner's */
  userId: string;
  /** what history shows of who approved */
  user: string;
  /** ISO 8601, UTC */
  at: string;
  comment: string | null;
}

/** What a person has asked for; what it does is in `transition`, too. */
export type AskedAction =
  | { kind: "execute" }
  /** it waits until so many others have approved it */
  | { kind: "ask_approval"; by: string; byId: string | null; required: number }
  | { kind: "approve"; approval: Approval }
  /** nothing new starts; a plan that has not begun is over at once, and says why */
  | { kind: "cancel"; error?: string }
  /** put these services of an ended plan back, in this order */
  | { kind: "roll_back"; services: number[] }
  /** nothing new starts until it is resumed; what is in flight ends */
  | { kind: "pause"; reason: string; by: string | null }
  /** a paused plan goes on, and tries again what has failed */
  | { kind: "resume" }
  /** everything that a paused plan has touched goes back, once what is in flight has ended */
  | { kind: "roll_back_paused" };
