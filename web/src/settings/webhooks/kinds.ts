import type { Webhook, WebhookEvent } from "$lib/api/model.ts";

/** Where notifications can go, and what the address looks like. */
export const targets: readonly {
  kind: Webhook["kind"];
  label: string;
  example: string;
  /** what the secret is; null: it takes none */
  secret: string | null;
  /** it does not work without one */
  needed?: boolean;
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
  {
    kind: "telegram",
    label: "Telegram",
    example: "https://api.telegram.org?chat_id=-1001234567890",
    secret: "The token of the bot, from @BotFather.",
    needed: true,
  },
  {
    kind: "gotify",
    label: "Gotify",
    example: "https://gotify.example.com",
    secret: "The token of an application.",
    needed: true,
  },
  {
    kind: "matrix",
    label: "Matrix",
    example: "https://matrix.example.com?room=!abc:example.com",
    secret: "The access token of the user who writes.",
    needed: true,
  },
  {
    kind: "pushover",
    label: "Pushover",
    example: "https://api.pushover.net?user=…",
    secret: "The API token of an application.",
    needed: true,
  },
  {
    kind: "mqtt",
    label: "MQTT",
    example: "mqtts://user@broker.example.com/bridgeport/events",
    secret: "The password of that user.",
  },
  {
    kind: "template",
    label: "Template (a request of your own)",
    example: "https://hooks.example.com/notify?channel=ops",
    secret: "What {{secret}} stands for in the URL, the headers and the body.",
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
  { event: "digest.quarantined", label: "A digest went into quarantine" },
  { event: "container.unhealthy", label: "A container became unhealthy" },
  { event: "container.crash_looping", label: "A container restarts again and again" },
  { event: "container.missing", label: "A container is missing" },
  { event: "container.recovered", label: "A container is well again" },
  { event: "image.update_available", label: "An image has an update" },
  { event: "server.offline", label: "A server went offline" },
  { event: "server.online", label: "A server came back" },
  { event: "server.disk_low", label: "A server has little disk space" },
  { event: "server.disk_recovered", label: "A server has disk space again" },
  { event: "registry.failing", label: "A registry cannot be checked" },
  { event: "registry.recovered", label: "A registry can be checked again" },
  { event: "server.two_agents", label: "Two agents use one server's certificates" },
  { event: "agent.outdated", label: "A server's agent is outdated" },
  { event: "plan.waiting", label: "A plan waits for approval" },
  { event: "plan.paused", label: "A plan is paused" },
  { event: "environment.frozen", label: "An environment was frozen" },
  { event: "environment.unfrozen", label: "A freeze was ended" },
  { event: "service.drift", label: "A service drifted" },
];

export function eventLabel(event: string): string {
  if (event === "batch") return "Several events";
  return events.find((known) => known.event === event)?.label ?? event;
}
