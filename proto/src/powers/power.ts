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
