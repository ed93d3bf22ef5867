import type { Webhook, WebhookEvent } from "$lib/api/model.ts";

/** Where notifications can go, and what the address looks like. */
export const targets: readonly {
  kind: Webhook["kind"];
  label: string;
  example: string;
  /** what the secret is; null: it takes none */
  secret: string | null;
}[] = [
  {
    kind: "webhook",
    label: "Webhook (signed JSON)",
    example: "https://hooks.example.com/bridgeport",
    secret: "Signs each request: X-Webhook-Signature has the HMAC-SHA256 of the body.",
  },
  {
    kind: "slack",
    label: "Slack or compatible",
    example: "https://hooks.slack.com/services/…",
    secret: null,
  },
  {
    kind: "discord",
    label: "Discord",
    example: "https://discord.com/api/webhooks/…",
    secret: null,
  },
  {
    kind: "teams",
    label: "Microsoft Teams",
    example: "https://example.webhook.office.com/…",
    secret: null,
  },
  {
    kind: "ntfy",
    label: "ntfy",
    example: "https://ntfy.sh/my-topic",
    secret: "An access token, where the topic needs one.",
  },
  {
    kind: "email",
    label: "E-mail",
    example: "smtps://user@mail.example.com?from=bridgeport@example.com&to=ops@example.com",
    secret: "The password of the mail account.",
  },
];

export function targetLabel(kind: Webhook["kind"]): string {
  return targets.find((target) => target.kind === kind)?.label ?? kind;
}

export const events: readonly { event: WebhookEvent; label: string }[] = [
  { event: "deployment.started", label: "A deployment started" },
  { event: "deployment.succeeded", label: "A deployment succeeded" },
  { event: "deployment.failed", label: "A deployment failed" },
  { event: "deployment.rolled_back", label: "A deployment was rolled back" },
  { event: "image.update_available", label: "An image has an update" },
  { event: "server.offline", label: "A server went offline" },
  { event: "server.online", label: "A server came back" },
  { event: "server.two_agents", label: "Two agents use one server's certificates" },
  { event: "agent.outdated", label: "A server's agent is outdated" },
  { event: "plan.paused", label: "A plan is paused" },
  { event: "plan.waiting", label: "A plan waits for approval" },
  { event: "environment.frozen", label: "An environment was frozen" },
  { event: "environment.unfrozen", label: "A freeze was ended" },
  { event: "service.drift", label: "A service drifted" },
];

export function eventLabel(event: string): string {
  return events.find((known) => known.event === event)?.label ?? event;
}
