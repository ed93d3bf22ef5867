import type { CommandBody, ContainerSpec } from "@bridgeport/proto";
import type { StepBody } from "./hook.ts";

/** What this is about of a plan's step. */
interface Step {
  serverId: string | null;
  body: StepBody;
}

/**
 * The command of a step as it is sent. A pull tells what the plan's containers on that server are created
 * from, as the deploys say it at this moment: a host whose policy refuses one of them says so before
 * anything is replaced.
 */
export function toldAhead(
  { serverId, body }: Step & { body: CommandBody },
  steps: readonly Step[],
): CommandBody {
  if (body.kind !== "pull") return body;
  const specs = new Map<string, ContainerSpec>();
  for (const { serverId: other, body: deploy } of steps) {
    if (other !== serverId || deploy.kind !== "run" || deploy.spec === null) continue;
    specs.set(deploy.containerName, askedOf(deploy.spec));
  }
  const containers = body.containers.map((planned) => {
    const spec = specs.get(planned.containerName);
    return spec === undefined ? planned : { ...planned, spec };
  });
  return { ...body, containers };
}

/** What stays inside of the container, and may be long or secret: no policy asks about it. */
const inside = new Set(["Env", "Cmd", "Entrypoint", "Healthcheck", "Shell"]);

function askedOf(spec: ContainerSpec): ContainerSpec {
  return Object.fromEntries(Object.entries(spec).filter(([setting]) => !inside.has(setting)));
}
