/** A key, or `g` and then a key, and the place below the environment that they lead to. */
export const leaps: readonly { key: string; label: string; path: string }[] = [
  { key: "o", label: "Overview", path: "" },
  { key: "i", label: "Container Images", path: "images" },
  { key: "u", label: "Updates", path: "updates" },
  { key: "p", label: "Deployment Plans", path: "plans" },
  { key: "r", label: "Registries", path: "registries" },
  { key: "s", label: "Services", path: "services" },
  { key: "v", label: "Servers", path: "servers" },
];

export type Shortcut =
  | { kind: "palette" }
  | { kind: "search" }
  | { kind: "help" }
  | { kind: "prefix" }
  | { kind: "go"; path: string };

export interface Situation {
  /** the key goes into a field */
  typing: boolean;
  /** a dialog is open: what lies below it is out of reach */
  covered: boolean;
  /** `g` was pressed just before */
  prefixed: boolean;
  /** keys without Ctrl or ⌘ count: their owner has not turned them off */
  single: boolean;
}

/** What a key press asks for; null: nothing of the console's own. */
export function shortcutOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">,
  { typing, covered, prefixed, single }: Situation,
): Shortcut | null {
  const key = event.key.toLowerCase();
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) return key === "k" ? { kind: "palette" } : null;
  if (typing || covered || !single) return null;
  if (prefixed) {
    const leap = leaps.find((candidate) => candidate.key === key);
    if (leap) return { kind: "go", path: leap.path };
  }
  if (key === "g") return { kind: "prefix" };
  if (key === "/") return { kind: "search" };
  return key === "?" ? { kind: "help" } : null;
}
