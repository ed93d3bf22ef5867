import type { ContainerSpec } from "@bridgeport/proto";
import type { NewCommand } from "../commands/commands.store.ts";
import type { Told } from "./hook.ts";

/** What is to be done beside the plan's own rows when an action is carried out, in this order. */
export type Effect =
  /** an order to an agent */
  | { kind: "order"; command: NewCommand }
  /** the call of a hook's step, for whichever replica takes it first */
  | { kind: "call_hook"; stepId: string; told: Told }
  /** whoever calls a hook of the plan looks whether that is still wanted */
  | { kind: "call_off_hook" }
  /** the question of a batch that is watched to Prometheus, for whichever replica takes it first */
  | { kind: "ask_prometheus"; stepId: string; questionId: string }
  /** take a command back, if it has not left for its agent by then: only the database knows */
  | { kind: "withdraw"; commandId: string }
  /** give a command that is not done another time */
  | { kind: "set_deadline"; commandId: string; deadlineAt: Date }
  /** a service is deployed at this digest now */
  | {
      kind: "service_deployed";
      imageId: string | null;
      serviceId: string;
      digestId: string | null;
      imageTag: string | null;
      spec: ContainerSpec | null;
    }
  /** a service is deployed again at what it was before the plan */
  | {
      kind: "service_rolled_back";
      imageId: string | null;
      serviceId: string;
      digestId: string | null;
      imageTag: string | null;
      /** nothing runs any longer: this container is gone; null: something runs */
      removed: { serverId: string | null; containerName: string } | null;
      /** it had no container before the plan */
      wasFirst: boolean;
    }
  /** an image is deployed at this digest, which proved itself: it is not avoided any longer */
  | { kind: "image_deployed"; imageId: string; digestId: string }
  /** an image that is deployed at this digest is deployed at what its services of the plan ran before */
  | { kind: "image_rolled_back"; imageId: string; digestId: string | null }
  /** auto-update leaves this digest alone, until a person releases it */
  | { kind: "quarantine"; imageId: string; digestId: string; reason: string }
  /** decide again what an image and its services can be updated to */
  | { kind: "refresh_updates"; imageId: string };
