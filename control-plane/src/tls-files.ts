import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { ConfigError, type TlsFiles } from "./config.ts";

/** What a TLS listener shows: PEM texts, a certificate with its chain and the key of it. */
export interface TlsPair {
  cert: string;
  key: string;
}

/** How often the files are looked at: whoever renews certificates writes them as they like. */
const lookMs = 2_000;

/**
 * Reads the certificate and the key.
 * @throws {ConfigError} with the variable and what is wrong with its file
 */
export function readTlsFiles(files: TlsFiles): TlsPair {
  const read = (variable: string, path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ConfigError(
        `${variable}=${path} cannot be read (${reason}): it takes the path of a PEM file.`,
      );
    }
  };
  const cert = read("BRIDGEPORT_TLS_CERT", files.cert);
  const pair = { cert, key: read("BRIDGEPORT_TLS_KEY", files.key) };
  const problem = problemOf(pair, files);
  if (problem !== null) throw new ConfigError(problem);
  return pair;
}

/** Which variable's file cannot be used, and why; null: both can, together. */
export function problemOf({ cert, key }: TlsPair, files: TlsFiles): string | null {
  const wrong = (variable: "CERT" | "KEY", why: string) =>
    `BRIDGEPORT_TLS_${variable}=${variable === "CERT" ? files.cert : files.key} cannot be used: ${why}.`;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    return wrong("CERT", "it holds no whole certificate in PEM form");
  }
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(key);
  } catch {
    const locked = /ENCRYPTED/.test(key);
    const why = locked
      ? "the key has a passphrase: store it without one, readable by this user only"
      : "it holds no whole private key in PEM form";
    return wrong("KEY", why);
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    return wrong("KEY", `it is not the key of the certificate in ${files.cert}`);
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    return wrong("CERT", `it cannot be shown with its chain (${(error as Error).message})`);
  }
  return null;
}

/** What an administrator should know of a certificate that works: one sentence each. */
export function doubtsAbout({ cert }: TlsPair, publicUrl: string, now: Date): string[] {
  const certificate = new X509Certificate(cert);
  const { hostname } = new URL(publicUrl);
  const address = hostname.replace(/^\[|\]$/g, "");
  const named = isIP(address) === 0 ? certificate.checkHost(address) : certificate.checkIP(address);
  return [
    ...(new Date(certificate.validFrom) <= now ? [] : [`it begins at ${certificate.validFrom}`]),
    ...(new Date(certificate.validTo) > now ? [] : [`it has expired at ${certificate.validTo}`]),
    ...(named !== undefined ? [] : [`it is not of ${address}, where the console is opened`]),
  ];
}

export interface FollowOptions {
  /** what is shown at the beginning */
  shown: TlsPair;
  /** another pair that can be used */
  changed(pair: TlsPair): void;
  /** what is there now cannot be used, and the former pair is shown still; once for each content */
  failed(problem: string): void;
  everyMs?: number;
}

/**
 * Looks at the files again and again, and compares their content: neither links that are switched
 * nor files that are written in place go unseen. Certificate and key change together or not at all.
 * @returns stops it
 */
export function followTlsFiles(
  files: TlsFiles,
  { shown, changed, failed, everyMs = lookMs }: FollowOptions,
): () => void {
  let seen = contentOf(shown);
  let stopped = false;
  let timer: NodeJS.Timeout;

  async function look(): Promise<void> {
    const pair = await readBoth(files);
    if (stopped) return;
    const content = typeof pair === "string" ? pair : contentOf(pair);
    if (content === seen) return;
    seen = content;
    const problem = typeof pair === "string" ? pair : problemOf(pair, files);
    if (problem !== null) failed(problem);
    else if (typeof pair !== "string") changed(pair);
  }
  const later = () => {
    timer = setTimeout(async () => {
      await look().catch((error: unknown) => failed(`They cannot be taken: ${String(error)}.`));
      if (!stopped) later();
    }, everyMs);
    timer.unref();
  };
  later();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** A text: why they cannot be read. */
async function readBoth(files: TlsFiles): Promise<TlsPair | string> {
  try {
    const [cert, key] = await Promise.all([
      readFile(files.cert, "utf8"),
      readFile(files.key, "utf8"),
    ]);
    return { cert, key };
  } catch (error) {
    return `The TLS certificate cannot be read: ${(error as Error).message}.`;
  }
}

const contentOf = ({ cert, key }: TlsPair) => JSON.stringify([cert, key]);
