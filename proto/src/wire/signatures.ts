import type {
  ImageSignatures__Output,
  ImageSignatures as WireSignatures,
} from "../generated/bridgeport/agent/v1/ImageSignatures.ts";
import { limits, textLimits } from "../limits.ts";
import type { BroughtSignatures, ImageSignature } from "../messages.ts";
import { text, textOrNull } from "./values.ts";

/** The wire form of signatures; absent: null. */
export function encodeSignatures(brought: BroughtSignatures | undefined): WireSignatures | null {
  if (brought === undefined) return null;
  return {
    found: brought.found.map((one) =>
      one.kind === "bundle"
        ? { bundle: one.text }
        : { payload: Buffer.from(one.payload, "base64"), signature: one.signature },
    ),
    error: brought.error ?? "",
  };
}

/** To be spread into a command. */
export function decodeSignatures(wire: ImageSignatures__Output | null): {
  signatures?: BroughtSignatures;
} {
  if (wire === null) return {};
  const found = wire.found.map(
    ({ bundle, payload, signature }): ImageSignature =>
      bundle === ""
        ? { kind: "simple", payload: Buffer.from(payload).toString("base64"), signature }
        : { kind: "bundle", text: bundle },
  );
  const error = textOrNull(text(wire.error, textLimits.sentence));
  return { signatures: { found: withinLimits(found), error } };
}

/** The first of these that a command may bring; one that is too long is left out. */
export function withinLimits(found: readonly ImageSignature[]): ImageSignature[] {
  const kept: ImageSignature[] = [];
  let room: number = limits.signaturesLength;
  for (const one of found) {
    const length =
      one.kind === "bundle" ? one.text.length : one.payload.length + one.signature.length;
    if (length > limits.signatureLength || length > room) continue;
    if (kept.length === limits.signatures) break;
    room -= length;
    kept.push(one);
  }
  return kept;
}
