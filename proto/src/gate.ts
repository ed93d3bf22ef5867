import type { HealthGate } from "./messages.ts";

/** How a service's health is awaited where its settings were not touched. */
export const defaultGate: HealthGate = {
  waitMs: null,
  retries: 3,
  intervalMs: 5000,
  url: null,
  probe: "eager",
};

/** What `waitMs` null stands for: for a container with a health check of its own, and without. */
export const defaultWaitMs = { withCheck: 30_000, without: 5_000 };
