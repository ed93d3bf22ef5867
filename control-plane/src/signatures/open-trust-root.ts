import { readFile } from "node:fs/promises";
import { readTrustRoot, type TrustRoot } from "@bridgeport/proto/signatures";
import { ConfigError } from "../config.ts";

/**
 * The trust root in a file; null where none is named.
 * @throws {ConfigError} for one that cannot be used: what it is to check would otherwise not be checked
 */
export async function openTrustRootFile(path: string | null): Promise<TrustRoot | null> {
  if (path === null) return null;
  const name = `BRIDGEPORT_SIGSTORE_TRUST_ROOT=${JSON.stringify(path)} cannot be used`;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${name}: the file cannot be read (${code ?? message}).`);
  }
  const root = await readTrustRoot(text);
  if (typeof root !== "string") return root;
  throw new ConfigError(`${name}: ${root}. It takes the path of a trusted_root.json of Sigstore.`);
}
