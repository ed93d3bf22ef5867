import type { BroughtSignatures } from "@bridgeport/proto";

/**
 * What a container may have that reaches beyond it: the names under which the engine's room finds it in
 * a container's configuration, and the host's owner allows it in the policy file.
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

/** The part of the host's policy that has to be asked while a container is replaced or created. */
export interface HostPolicy {
  /** Whether any change to a container of this name is forbidden. */
  isProtected(containerName: string): boolean;
  /** Why a container with these labels may not be changed, and so not be created: a sentence; null: it may. */
  labelRefusal(containerName: string, labels: Readonly<Record<string, string>>): string | null;
  /**
   * Why an image may not run here, as the owner wants it signed: a sentence; null: it may. It has to be named
   * by its digest.
   * @param brought null: the control plane knows nothing of signatures
   */
  signatureRefusal(reference: string, brought: BroughtSignatures | null): string | null;
  /** Whether the owner lets the container of this name get that, although no container there has it. */
  allows(containerName: string, power: Power): boolean;
  /** where the owner writes what is allowed */
  readonly path: string;
  /** the agent's own files and directories: no container gets them, whatever the owner allows */
  readonly ownPaths: readonly string[];
}
