import type { HookRequest } from "../hooks/hook.ts";
import type { Told } from "./hook.ts";
import { planName } from "./plan-targets.ts";
import type { StepRow, WholePlan } from "./plans.store.ts";

/** What a hook is told where it has no body of its own. */
export interface HookMessage {
  hook: { name: string; when: "before" | "after" };
  plan: {
    id: string;
    name: string;
    /** `running` before; then how it ends */
    status: string;
    error: string | null;
    environment: { id: string; name: string };
    triggerType: string;
    triggeredBy: string;
    targets: {
      imageName: string;
      tag: string | null;
      digest: string;
      services: {
        id: string | null;
        name: string;
        serverName: string;
        previousDigest: string | null;
      }[];
    }[];
  };
}

export function hookMessage(
  { plan, targets, services }: WholePlan,
  environmentName: string,
  hook: HookMessage["hook"],
  told: Told,
): HookMessage {
  return {
    hook,
    plan: {
      ...{ id: plan.id, name: planName(targets), status: told.status, error: told.error },
      environment: { id: plan.environmentId, name: environmentName },
      ...{ triggerType: plan.triggerType, triggeredBy: plan.triggeredBy },
      targets: targets.map(({ position, imageName, imageTag: tag, imageDigest: digest }) => ({
        ...{ imageName, tag, digest },
        services: services
          .filter(({ targetPosition }) => targetPosition === position)
          .map(({ serviceId: id, serviceName: name, serverName, previousDigest }) => ({
            ...{ id, name, serverName, previousDigest },
          })),
      })),
    },
  };
}

/** The body of a call and its headers; those of the hook itself count more, but for the two that say what it is. */
export function hookContent(
  { planId, position }: Pick<StepRow, "planId" | "position">,
  { headers, body }: HookRequest,
  method: string,
  message: HookMessage,
): { headers: Record<string, string>; body: string | null } {
  const text = method === "GET" ? null : (body ?? JSON.stringify(message));
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const ours: Record<string, string> = { "User-Agent": "Bridgeport" };
  if (text !== null) ours["Content-Type"] = isJson(text) ? "application/json" : "text/plain";
  return {
    body: text,
    headers: {
      ...Object.fromEntries(
        Object.entries(ours).filter(([name]) => !given.has(name.toLowerCase())),
      ),
      ...headers,
      "Idempotency-Key": `${planId}:${position}`,
      "X-Bridgeport-Plan": planId,
    },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Shorter ones are no secrets, and would be found in any text. */
const shortestSecret = 6;

/** What a hook answers may repeat what it was sent: values of its headers are not kept. */
export function withoutSecrets(text: string, { headers }: Pick<HookRequest, "headers">): string {
  const secrets = Object.values(headers)
    .flatMap((value) => [value, value.replace(/^\S+ /, "")])
    .filter((value) => value.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length);
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}
