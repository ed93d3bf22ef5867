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

type Spec = Record<string, unknown>;

/** What stands where a value of a variable is not shown; written back, it keeps the stored value. */
const hidden = "***";
/** The same in what was recorded of a container, whose values may be others. */
export const hiddenRecorded = "*** (recorded)";

/** Whether a spec has variables whose values are not shown. */
export function hidesValues(spec: Spec | null): boolean {
  return (
    Array.isArray(spec?.Env) &&
    spec.Env.some((line) =>
      [hidden, hiddenRecorded].some((shown) => line === `${nameOf(line)}=${shown}`),
    )
  );
}

function nameOf(line: unknown): string {
  return String(line).split("=", 1)[0] ?? "";
}

/** A spec with those values in it that it does not show; whatever else a person changed stays. */
export function withValues(spec: Spec, values: Record<string, string>, shown = hidden): Spec {
  if (!Array.isArray(spec.Env)) return spec;
  return {
    ...spec,
    Env: spec.Env.map((line) => {
      const name = nameOf(line);
      const isHidden = line === `${name}=${shown}` && Object.hasOwn(values, name);
      return isHidden ? `${name}=${values[name]}` : line;
    }),
  };
}
