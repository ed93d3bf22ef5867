import { styleText } from "node:util";

/** What is said with a colour is said by the words too. */
export type Tone = "good" | "bad" | "warn" | "busy" | "faint" | "strong";

const formats = {
  good: "green",
  bad: "red",
  warn: "yellow",
  busy: "cyan",
  faint: "dim",
  strong: "bold",
} as const;

export type Paint = (tone: Tone, text: string) => string;

/** Paints where colours are wanted, and leaves text as it is elsewhere. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_, text) => text;
  return (tone, text) => styleText(formats[tone], text, { validateStream: false });
}

const tones: Record<string, Tone> = {
  completed: "good",
  success: "good",
  healthy: "good",
  running: "busy",
  online: "good",
  ok: "good",
  failed: "bad",
  error: "bad",
  unhealthy: "bad",
  missing: "bad",
  offline: "bad",
  rolled_back: "warn",
  warning: "warn",
  restarting: "warn",
  deploying: "busy",
  pending: "faint",
  skipped: "faint",
  cancelled: "faint",
};

/** The tone of a status, and none for one that is not remarkable. */
export function toneOf(status: string): Tone | null {
  return tones[status] ?? null;
}
