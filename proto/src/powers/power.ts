import { valueText } from "./values.ts";

/**
 * What a container may have that reaches beyond it: the names under which it is found in a container's
 * configuration, and under which a host's owner allows it in the policy file.
 */
export const powerRules = [
  "privileged",
  "mounts",
  "namespaces",
  "capabilities",
  "devices",
  "security",
  "runtimes",
  "settings",
] as const;

export type PowerRule = (typeof powerRules)[number];

export interface Power {
  rule: PowerRule;
  /** in the words of the policy file, such as `/srv/web:ro`, `network=host` or `NET_ADMIN` */
  value: string;
}

/** What a privileged container has of itself. */
export const inPrivileged: ReadonlySet<PowerRule> = new Set([
  "capabilities",
  "devices",
  "security",
]);

/** A sentence with more than these of a kind is not read. */
const listedAtMost = 50;

/** `privileged; mounts /srv/web:ro; namespaces network=host` */
export function powersText(powers: readonly Power[]): string {
  return byRule(powers)
    .map(([rule, values]) => {
      if (rule === "privileged") return rule;
      const more = values.length - listedAtMost;
      const listed = values.slice(0, listedAtMost).map(valueText).join(", ");
      return `${rule} ${listed}${more > 0 ? ` and ${more} more` : ""}`;
    })
    .join("; ");
}

/** What to write into a policy file to allow them to a container, in YAML's short form. */
export function policyText(containerName: string, powers: readonly Power[]): string {
  const rules = byRule(powers).map(([rule, values]) =>
    rule === "privileged"
      ? "privileged: true"
      : `${rule}: ${JSON.stringify(values.slice(0, listedAtMost))}`,
  );
  return `containers: {${JSON.stringify(containerName)}: {${rules.join(", ")}}}`;
}

/** The values of each rule that there is one of, in the order of the rules. */
function byRule(powers: readonly Power[]): [PowerRule, string[]][] {
  return powerRules.flatMap((rule): [PowerRule, string[]][] => {
    const values = powers.flatMap((power) => (power.rule === rule ? power.value : []));
    return values.length === 0 ? [] : [[rule, values]];
  });
}
