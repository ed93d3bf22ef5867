import type { Service } from "$lib/api/model.ts";
import { textOrNull } from "$lib/forms/typed.ts";
import { parseSpec } from "./spec.ts";

/** How a service is deployed, as a form has it. */
export class ServiceDraft {
  name: string = $state("");
  healthCheckUrl = $state("");
  /** in milliseconds; null: as the server sees fit */
  healthWaitMs = $state<number | null>(null);
  healthRetries = $state(0);
  /** in milliseconds; null while it is typed */
  healthIntervalMs = $state<number | null>(null);
  healthProbe = $state<Service["healthProbe"]>("eager");
  deployOrder = $state<Service["deployOrder"]>("stop-first");

  constructor(before: Service) {
    this.name = before.name;
    this.healthCheckUrl = before.healthCheckUrl ?? "";
    this.healthWaitMs = before.healthWaitMs;
    this.healthRetries = before.healthRetries;
    this.healthIntervalMs = before.healthIntervalMs;
    this.healthProbe = before.healthProbe;
    this.deployOrder = before.deployOrder;
  }

  get body() {
    return {
      name: this.name.trim(),
      healthCheckUrl: textOrNull(this.healthCheckUrl),
      healthWaitMs: this.healthWaitMs,
      healthRetries: this.healthRetries,
      healthIntervalMs: this.healthIntervalMs,
      healthProbe: this.healthProbe,
      deployOrder: this.deployOrder,
    };
  }
}

/** A service whose container the first deploy creates, as a form has it. */
export class NewService {
  serverId = $state("");
  containerImageId = $state("");
  name = $state("");
  containerName = $state("");
  spec = $state("");
  readonly #parsed = $derived(parseSpec(this.spec));

  /** What is wrong with the spec, as a sentence. */
  get specProblem(): string | null {
    return "problem" in this.#parsed ? this.#parsed.problem : null;
  }

  /** null while the spec is not one */
  get body() {
    if (!("spec" in this.#parsed)) return null;
    const { spec } = this.#parsed;
    return {
      name: this.name.trim(),
      containerName: this.containerName.trim() || this.name.trim(),
      containerImageId: this.containerImageId,
      ...(spec === null ? {} : { spec }),
    };
  }
}
