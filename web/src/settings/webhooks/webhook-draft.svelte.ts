import type { Webhook, WebhookEvent } from "$lib/api/model.ts";
import { targets } from "./kinds.ts";

/** A webhook as a form has it. What is stored of its secret never comes here. */
export class WebhookDraft {
  name = $state("");
  kind = $state<Webhook["kind"]>("webhook");
  url = $state("");
  secret = $state("");
  /** takes the stored secret away */
  forget = $state(false);
  events = $state<WebhookEvent[]>([
    "deployment.failed",
    "deployment.rolled_back",
    "server.offline",
    "server.two_agents",
  ]);
  /** none: of all environments */
  environmentIds = $state<string[]>([]);
  enabled = $state(true);

  /** @param before the one to edit; null: a new one */
  constructor(before: Webhook | null) {
    if (before === null) return;
    this.name = before.name;
    this.kind = before.kind;
    this.url = before.url;
    this.events = before.events;
    this.environmentIds = before.environmentIds ?? [];
    this.enabled = before.enabled;
  }

  get target() {
    return targets.find(({ kind }) => kind === this.kind);
  }

  get body() {
    return {
      name: this.name.trim(),
      kind: this.kind,
      url: this.url.trim(),
      events: [...this.events],
      environmentIds: this.environmentIds.length === 0 ? null : [...this.environmentIds],
      enabled: this.enabled,
      ...this.#secret(),
    };
  }

  /** Sent only if it was typed, or is no longer wanted. */
  #secret(): { secret?: string | null } {
    if (this.secret !== "") return { secret: this.secret };
    return this.forget || this.target?.secret === null ? { secret: null } : {};
  }
}
