/** Reads what a person typed as a container spec; the problem is a sentence for them. */
export function parseSpec(
  text: string,
): { spec: Record<string, unknown> | null } | { problem: string } {
  if (text.trim() === "") return { spec: null };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const where = error instanceof Error ? error.message : "";
    return { problem: `This is not valid JSON: ${where}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: 'A spec is an object, such as {"env": ["A=1"]}' };
  }
  return { spec: value as Record<string, unknown> };
}

/** How a spec is shown and edited. */
export function specText(spec: Record<string, unknown> | null): string {
  return spec === null ? "" : JSON.stringify(spec, null, 2);
}
