import { platformFits } from "@bridgeport/proto";
import { Problem } from "../problem.ts";
import type { PlanInputService, PlanInputTarget } from "./plan-input.ts";
import type { LeftOut } from "./taking-part.ts";

/*
 * What keeps a plan from being built although its services take part: their servers are offline, or the
 * digest is not for them. Who named the services is told; where nobody did, they are left out.
 */

export function noServices(): Problem {
  return new Problem("invalid", "no_services", "No services linked to this image");
}

/** @throws {Problem} 503 with the servers that are offline */
export function refuseOffline(services: readonly PlanInputService[]): void {
  const offline = [
    ...new Set(services.filter(({ serverOnline }) => !serverOnline).map((s) => s.serverName)),
  ];
  if (offline.length === 0) return;
  throw new Problem(
    "agent_unavailable",
    "server_offline",
    `${offline.join(", ")} ${offline.length === 1 ? "is" : "are"} offline: start the agent there, or deploy to the other services with \`serviceIds\`.`,
  );
}

/** @throws {Problem} 400 where the digest is for none of the platforms that a service needs */
export function refuseOtherPlatforms({ services, digest }: PlanInputTarget): void {
  for (const service of services) {
    const wanted = missingPlatform(service, digest);
    if (wanted === null) continue;
    throw new Problem(
      "invalid",
      "no_platform",
      `This digest is for ${platformsOf(digest)}, and ${service.serverName} needs ${wanted}: choose a digest that has it.`,
    );
  }
}

/** The services of a target that it can be deployed to now; the others with the reason. */
export function reachable({ services, digest }: Pick<PlanInputTarget, "services" | "digest">): {
  services: PlanInputService[];
  leftOut: LeftOut[];
} {
  const leftOut = services.flatMap((service): LeftOut[] => {
    const reason = whyUnreachable(service, digest);
    const { id: serviceId, name, serverName } = service;
    return reason === null ? [] : [{ serviceId, name, serverName, reason }];
  });
  const out = new Set(leftOut.map(({ serviceId }) => serviceId));
  return { services: services.filter(({ id }) => !out.has(id)), leftOut };
}

function whyUnreachable(
  service: PlanInputService,
  digest: PlanInputTarget["digest"],
): string | null {
  const { serverOnline, serverName } = service;
  if (!serverOnline) return `Its server ${serverName} is offline: start the agent there.`;
  const wanted = missingPlatform(service, digest);
  if (wanted === null) return null;
  return `The newer digest is for ${platformsOf(digest)}, and ${serverName} needs ${wanted}.`;
}

/** null: the digest has it, or it is not known which it has or which is needed */
function missingPlatform(
  { container, serverPlatform }: PlanInputService,
  { platforms }: PlanInputTarget["digest"],
): string | null {
  const wanted = container?.imagePlatform ?? serverPlatform;
  if (wanted === null || platforms.length === 0) return null;
  return platforms.some(({ platform }) => platformFits(platform, wanted)) ? null : wanted;
}

function platformsOf({ platforms }: PlanInputTarget["digest"]): string {
  return platforms.map(({ platform }) => platform).join(", ");
}
