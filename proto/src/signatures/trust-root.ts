import { textAt } from "./json.ts";
import type { TrustRoot } from "./proven.ts";

const mediaType = "application/vnd.dev.sigstore.trustedroot";

/** @returns the trust root that is in the text of a file, or a sentence about why there is none */
export async function readTrustRoot(text: string): Promise<TrustRoot | string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  if (!textAt(value, "mediaType")?.startsWith(mediaType)) {
    return "it is no trust root of Sigstore (trusted_root.json)";
  }
  // Loaded here, as most agents and control planes have no trust root and are to be small.
  const { openTrustRoot } = await import("./sigstore.ts");
  return openTrustRoot(value);
}
