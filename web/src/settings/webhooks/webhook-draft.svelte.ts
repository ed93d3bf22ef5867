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
  /** of a template: a line for each, `Name: value` */
  headers = $state("");
  /** of a template; empty: the payload */
  template = $state("");
  /** null: each event by itself */
  batchSeconds = $state<number | null>(null);
  quiet = $state(false);
  quietFrom = $state("22:00");
  quietTo = $state("07:00");
  timeZone = $state(Intl.DateTimeFormat().resolvedOptions().timeZone);
  urgentThrough = $state(true);

  /** @param before the one to edit; null: a new one */
  constructor(before: Webhook | null) {
    if (before === null) return;
    this.name = before.name;
    this.kind = before.kind;
    this.url = before.url;
    this.events = before.events;
    this.environmentIds = before.environmentIds ?? [];
    this.enabled = before.enabled;
    this.headers = Object.entries(before.headers ?? {})
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n");
    this.template = before.body ?? "";
    this.batchSeconds = before.batchMs === null ? null : before.batchMs / 1000;
    if (before.quietHours === null) return;
    this.quiet = true;
    this.quietFrom = before.quietHours.from;
    this.quietTo = before.quietHours.to;
    this.timeZone = before.quietHours.timeZone;
    this.urgentThrough = before.quietHours.urgentThrough ?? true;
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
      ...this.#request(),
      batchMs: this.batchSeconds === null ? null : Math.round(this.batchSeconds * 1000),
      quietHours: this.quiet
        ? {
            from: this.quietFrom,
            to: this.quietTo,
            timeZone: this.timeZone.trim(),
            urgentThrough: this.urgentThrough,
          }
        : null,
      ...this.#secret(),
    };
  }

  /** The headers and the body of a template. */
  #request(): { headers?: Record<string, string> | null; body?: string | null } {
    if (this.kind !== "template") return {};
    const lines = this.headers.split("\n").filter((line) => line.trim() !== "");
    const headers = lines.map((line): [string, string] => {
      const end = line.includes(":") ? line.indexOf(":") : line.length;
      return [line.slice(0, end).trim(), line.slice(end + 1).trim()];
    });
    return {
      headers: headers.length === 0 ? null : Object.fromEntries(headers),
      body: this.template.trim() === "" ? null : this.template,
    };
  }

  /** Sent only if it was typed, or is no longer wanted. */
  #secret(): { secret?: string | null } {
    if (this.secret !== "") return { secret: this.secret };
    return this.forget || this.target?.secret === null ? { secret: null } : {};
  }
}
