import {
  gains,
  nowhere,
  type Power,
  policyText,
  powersOf,
  powersText,
  usualPowers,
} from "@bridgeport/proto/powers";
import { CommandFailure } from "../../command.ts";
import type { HostPolicy } from "../../host-policy.ts";
import type { CreateBody } from "./config.ts";

declare const approval: unique symbol;

/**
 * A create body that the host's owner has no objection to. Only such a body is ever sent to the engine, and
 * it is made by the functions of this file alone.
 */
export type ApprovedBody = CreateBody & { readonly [approval]: true };

/** What a container would get that is not its predecessor's, nor every container's. */
export interface Gains {
  containerName: string;
  /** there is no container that it replaces */
  isNew: boolean;
  powers: readonly Power[];
  /** those of them that mount the agent's own files */
  ofAgent: readonly Power[];
}

/** Throws a `CommandFailure` where the container would get what the host's policy does not allow. */
export function approve(body: CreateBody, gained: Gains, policy: HostPolicy): ApprovedBody {
  const { containerName, isNew, powers, ofAgent } = gained;
  if (ofAgent.length > 0) {
    throw new CommandFailure(
      "refused",
      `${containerName} would mount ${ofAgent.map(({ value }) => value).join(", ")}, where the agent of this server has its own state or its policy. No container gets that through the agent, whatever its policy allows: mount something else, or create the container on the server.`,
    );
  }
  const refused = powers.filter((power) => !policy.allows(containerName, power));
  if (refused.length === 0) return body as ApprovedBody;
  const what = isNew
    ? `${containerName} would be a new container that reaches beyond itself`
    : `${containerName} would get what the container that it replaces does not have`;
  throw new CommandFailure(
    "refused",
    `${what}: ${powersText(refused)}. The policy of this server does not allow that, so nothing was changed. Its owner can: with ${policyText(containerName, refused)} in ${policy.path}, and a restart of the agent.`,
  );
}

/** A body of the agent's own. Throws an error if it would get more than every container has. */
export function withoutPowers(body: CreateBody): ApprovedBody {
  const [first] = gains(powersOf(body, nowhere), usualPowers);
  if (first !== undefined) throw new Error(`The agent's own container asks for ${first.value}.`);
  return body as ApprovedBody;
}

/** The body of a container that the agent found on this server and wrote into its own journal. */
export function asItWas(recorded: CreateBody): ApprovedBody {
  return recorded as ApprovedBody;
}
