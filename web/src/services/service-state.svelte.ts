import type { Service } from "$lib/api/model.ts";

/** What a service's page shows of its container and lets people do with it. */
export class ServiceState {
  readonly #service: () => Service | undefined;
  readonly #refusal: () => string | null;

  /**
   * @param service as it is now; undefined: not read yet
   * @param refusal why this user may not do anything to it
   */
  constructor(service: () => Service | undefined, refusal: () => string | null) {
    this.#service = service;
    this.#refusal = refusal;
  }

  /** Why its container cannot be started, stopped or restarted now; null: it can. */
  get refusal(): string | null {
    const service = this.#service();
    const refusal = this.#refusal();
    if (refusal !== null || service === undefined) return refusal;
    if (service.activePlanId) return "A plan is at work on this service: wait until it has ended.";
    if (service.status === "unknown") return "Its server is not connected.";
    return service.discoveryStatus === "missing" ? "There is no container." : null;
  }

  get runs(): boolean {
    return ["running", "restarting", "paused"].includes(this.#service()?.containerStatus ?? "");
  }

  /** A deploy replaced its container, which has not been started since. */
  get updatedNotRun(): boolean {
    const service = this.#service();
    return (
      service?.containerStatus === "created" &&
      service.deployedDigest !== null &&
      !service.activePlanId
    );
  }

  /** Its container is there, and stays when the service is deleted. */
  get stillThere(): boolean {
    return this.#service()?.discoveryStatus === "found";
  }
}
