import type { BroughtSignatures } from "@bridgeport/proto";
import type { Power } from "@bridgeport/proto/powers";

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
