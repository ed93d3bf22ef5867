import type { OutsideFact, OutsideNeed } from "./plan.ts";

/*
 * Services that a plan does not touch, and that services of it need. Such a dependency has to hold when
 * the turn of its dependent comes: the plan fails before it touches one whose dependency does not. Pure.
 *
 * What is known of such a service is the last report of its server's agent. It counts while that agent
 * is connected, since it reports changes as they happen; of a server that is offline nothing is known.
 */

/**
 * What each service of a plan needs outside of it, each once: what was declared counts before what follows
 * from its container.
 */
export function outsideNeeds(
  all: readonly (OutsideNeed & { dependentId: string })[],
): Map<string, OutsideNeed[]> {
  const needs = new Map<string, OutsideNeed[]>();
  for (const { dependentId, ...need } of all) {
    const known = needs.get(dependentId) ?? [];
    if (known.some(({ serviceId }) => serviceId === need.serviceId)) continue;
    needs.set(dependentId, [...known, need]);
  }
  return needs;
}

/**
 * Why a service cannot be deployed now; null: everything that it needs outside of the plan is there.
 * A service that was deleted since is needed no longer.
 */
export function whyNotOutside(
  dependent: { name: string; serverName: string },
  needs: readonly OutsideNeed[],
  facts: readonly OutsideFact[],
): string | null {
  const reasons = needs.flatMap((need) => {
    const fact = facts.find(({ serviceId }) => serviceId === need.serviceId);
    const why = fact === undefined ? null : whyNot(need, fact);
    if (why === null) return [];
    const where = need.serverName === dependent.serverName ? "" : ` on ${need.serverName}`;
    return `${dependent.name} needs ${need.serviceName}${where}, which ${why}`;
  });
  if (reasons.length === 0) return null;
  return `Not touched: ${reasons.join("; ")}. It is not part of this plan: see to it first, or deploy both together.`;
}

/** What comes after "which"; null: it is as it has to be */
function whyNot({ type, serverName }: OutsideNeed, fact: OutsideFact): string | null {
  if (!fact.serverOnline) return `is not known to run while ${serverName} is offline`;
  if (fact.state === null) return "has no container";
  if (fact.state !== "running") return `does not run (${fact.state})`;
  if (type !== "health_before") return null;
  // Without a health check, to run is all that can be asked.
  if (fact.health === "healthy" || fact.health === "none") return null;
  if (fact.health === "unknown" || fact.health === null) return "is not known to be healthy";
  return fact.health === "starting" ? "is not healthy yet" : "is unhealthy";
}
