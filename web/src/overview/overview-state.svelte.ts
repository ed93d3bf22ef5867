import type { Plan } from "$lib/api/model.ts";
import { type Concern, concerns, type World } from "./attention.ts";
import { onboardingSteps, type Progress } from "./onboarding.ts";

/** A number that leads to the list of what it counts. */
export interface Figure {
  label: string;
  value: number;
  /** of how many; null: it stands alone */
  of: number | null;
  /** below the environment */
  place: string;
}

const recentPlans = 8;

/** An environment at a glance. */
export class OverviewState {
  readonly #world: () => World | null;
  /** the most urgent first */
  readonly attention = $derived.by((): Concern[] => {
    const world = this.#world();
    return world === null ? [] : concerns(world);
  });
  readonly running = $derived.by((): Plan[] =>
    this.#plans().filter(({ status }) => status === "running"),
  );
  /** the newest of those that do not run */
  readonly recent = $derived.by((): Plan[] =>
    this.#plans()
      .filter(({ status }) => status !== "running")
      .slice(0, recentPlans),
  );
  /** how far a user has come who has just begun; null: there is nothing left to begin with */
  readonly onboarding = $derived.by((): Progress | null => {
    const world = this.#world();
    if (world === null) return null;
    const progress = progressOf(world);
    return onboardingSteps(progress).some(({ done }) => !done) ? progress : null;
  });
  /** none where there is nothing to count */
  readonly figures = $derived.by((): Figure[] => {
    const world = this.#world();
    const isEmpty = !world || (world.servers.length === 0 && world.services.length === 0);
    return isEmpty ? [] : figuresOf(world, this.running.length);
  });
  /** something runs, and nothing needs attention */
  readonly allRight = $derived.by(
    () => this.attention.length === 0 && (this.#world()?.services.length ?? 0) > 0,
  );

  /** @param world null: not all of it was read yet */
  constructor(world: () => World | null) {
    this.#world = world;
  }

  #plans(): readonly Plan[] {
    return this.#world()?.plans ?? [];
  }
}

function progressOf({ plans, servers, services, images, registries }: World): Progress {
  return {
    serversConnected: servers.filter(({ status }) => status !== "pending").length,
    services: services.length,
    registries: registries.length,
    imagesWithRegistry: images.filter(({ registryConnectionId: id }) => id !== null).length,
    deployments: plans.filter(({ startedAt }) => startedAt !== null).length,
  };
}

function figuresOf({ servers, services }: World, plansRunning: number): Figure[] {
  const [ofServers, ofServices] = [servers.length, services.length];
  return [
    {
      label: "Servers online",
      value: servers.filter(({ status }) => status === "online").length,
      ...{ of: ofServers, place: "servers" },
    },
    {
      label: "Services running",
      value: services.filter(({ status }) => ["healthy", "running"].includes(status)).length,
      ...{ of: ofServices, place: "services" },
    },
    {
      label: "Services behind",
      value: services.filter(({ behind }) => behind).length,
      ...{ of: ofServices, place: "updates" },
    },
    { label: "Plans running", value: plansRunning, of: null, place: "plans?status=running" },
  ];
}
