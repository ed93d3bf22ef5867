import type { OutsideFact, OutsideNeed } from "./plan.ts";

/*
 * Services that a plan does not touch, and that services of it need. Such a dependency has to hold when
 * the turn of its dependent comes. While it is starting it is waited for, as long as the deploy itself may
 * take; otherwise the plan fails before it touches the dependent. Pure.
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

/** What of a service's needs outside of its plan does not hold. */
export interface Unmet {
  /** all of them in one clause, as in "web needs db, which is unhealthy" */
  clause: string;
  /** whether all of it may come to hold by itself, as while a container is starting */
  mayCome: boolean;
}

/**
 * Why a service cannot be deployed now; null: everything that it needs outside of the plan is there.
 * A service that was deleted since is needed no longer.
 */
export function unmetOutside(
  dependent: { name: string; serverName: string },
  needs: readonly OutsideNeed[],
  facts: readonly OutsideFact[],
): Unmet | null {
  const unmet = needs.flatMap((need) => {
    const fact = facts.find(({ serviceId }) => serviceId === need.serviceId);
    const lack = fact === undefined ? null : lackOf(need, fact);
    return lack === null ? [] : [{ need, ...lack }];
  });
  if (unmet.length === 0) return null;
  const clauses = unmet.map(({ need, which }) => {
    const where = need.serverName === dependent.serverName ? "" : ` on ${need.serverName}`;
    return `${dependent.name} needs ${need.serviceName}${where}, which ${which}`;
  });
  return { clause: clauses.join("; "), mayCome: unmet.every(({ mayCome }) => mayCome) };
}

interface Lack {
  /** what comes after "which" */
  which: string;
  mayCome: boolean;
}

/** null: it is as it has to be */
function lackOf({ type, serverName }: OutsideNeed, fact: OutsideFact): Lack | null {
  const lasting = (which: string): Lack => ({ which, mayCome: false });
  const passing = (which: string): Lack => ({ which, mayCome: true });
  const { state, health, justDeployed = false } = fact;
  if (!fact.serverOnline) return lasting(`is not known to run while ${serverName} is offline`);
  if (state === null && justDeployed) return passing("is not known to have its container yet");
  if (state === null) return lasting("has no container");
  if (state === "created" || state === "restarting") return passing(`does not run yet (${state})`);
  if (state !== "running") return lasting(`does not run (${state})`);
  if (type !== "health_before") return null;
  // Without a health check, to run is all that can be asked.
  if (health === "healthy" || health === "none") return null;
  if (health === "starting") return passing("is not healthy yet");
  return lasting(health === "unhealthy" ? "is unhealthy" : "is not known to be healthy");
}
