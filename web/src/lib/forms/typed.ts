/** What was typed, without the spaces around it; null where nothing was. */
export function textOrNull(typed: string): string | null {
  return typed.trim() === "" ? null : typed.trim();
}

/** Names that were typed with commas between them. */
export function commaSeparated(typed: string): string[] {
  return typed
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
