import type { BroughtSignatures } from "@bridgeport/proto";
import { CommandFailure } from "../../command.ts";
import type { HostPolicy } from "../../host-policy.ts";
import type { CreateBody } from "../container/config.ts";

/** What is known of the image of a container that is about to be created. */
export interface ImageToRun {
  /** the engine's id of the image that the body names, as the engine itself says */
  imageId: string;
  /** ids of images of which containers of this name were on this server before */
  ranBefore: readonly (string | undefined)[];
  /** what the command brought; null: the control plane knows nothing of signatures */
  signatures: BroughtSignatures | null;
}

/**
 * Throws a `CommandFailure` where the host's policy wants the image signed and it is not. What the policy is
 * asked about is the name in the body itself, by which the engine looks the image up: with a digest, an
 * engine finds content of that digest and nothing else, wherever it came from and however it is tagged.
 * What ran in this place before may run again: dependents, and ways back, must not wait for a registry.
 */
export function refuseUnsigned(
  body: CreateBody,
  { imageId, ranBefore, signatures }: ImageToRun,
  policy: HostPolicy,
): void {
  const reference = imageNameIn(body);
  if (ranBefore.includes(imageId)) return;
  refuseUnsignedPull({ reference, signatures }, policy);
}

/** Whether a container with this time of its start was ever started: engines say the year 1 of one that was not. */
export function hasRun(startedAt: string | undefined): boolean {
  return Date.parse(startedAt ?? "") > 0;
}

/** The same before an image is brought to the engine that it does not have. */
export function refuseUnsignedPull(
  { reference, signatures }: { reference: string; signatures: BroughtSignatures | null },
  policy: HostPolicy,
): void {
  const refusal = policy.signatureRefusal(reference, signatures);
  if (refusal !== null) throw new CommandFailure("refused", `${refusal} Nothing was changed.`);
}

/** An engine reads names of settings whatever their letters: there must be no second one. */
function imageNameIn(body: CreateBody): string {
  const others = Object.keys(body).filter((name) => name !== "Image" && /^image$/i.test(name));
  if (others.length > 0) {
    throw new CommandFailure(
      "refused",
      `The specification names an image as "${others.join(", ")}" beside the one that is deployed: remove that.`,
    );
  }
  return body.Image ?? "";
}
