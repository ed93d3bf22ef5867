import { ProxyError } from "@bridgeport/proto/proxies";
import { AddressRefused } from "./reach.ts";

/* What requests to addresses that people have chosen, of notifications and of hooks, have in common. */

export type CheckedUrl = { ok: true } | { ok: false; message: string };

export const refuse = (message: string): CheckedUrl => ({ ok: false, message });

export const longestUrl = 2000;

/**
 * Whether requests can be sent to a URL; if not, the end of a sentence that says what to change.
 * @param instead what to do with a password, such as "use `secret`"
 */
export function checkHttpUrl(text: string, instead: string): CheckedUrl {
  if (text.length > longestUrl) return refuse(`must have at most ${longestUrl} characters`);
  if (!URL.canParse(text)) {
    return refuse("must be a whole URL such as https://hooks.example.com/bridgeport");
  }
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return refuse(`must start with https:// or http://, not with ${url.protocol}//`);
  }
  if (url.username !== "" || url.password !== "") {
    return refuse(`must not contain a user name or password: ${instead}`);
  }
  return url.hash === "" ? { ok: true } : refuse("must not have a part after #");
}

/** The beginning of an answer; what comes after it is not read. */
export async function firstCharacters(
  body: AsyncIterable<Uint8Array>,
  most: number,
): Promise<string> {
  // A character takes four bytes at most.
  const mostBytes = most * 4;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= mostBytes) break;
  }
  const text = Buffer.concat(chunks).subarray(0, mostBytes).toString("utf8");
  // A NUL cannot be stored.
  return text.replaceAll("\0", "").slice(0, most);
}

/** Why there was no answer, as a sentence. */
export function connectionError(error: unknown, timeoutMs: number): string {
  if (error instanceof ProxyError) return error.message;
  if (error instanceof AddressRefused) {
    return error.reach === "never"
      ? error.message
      : `${error.message} An administrator allows it with BRIDGEPORT_ALLOWED_TARGETS.`;
  }
  const cause = error as { name?: string; code?: string; message?: string };
  const seconds = Math.round(timeoutMs / 1000);
  if (cause.name === "TimeoutError" || cause.code === "UND_ERR_CONNECT_TIMEOUT") {
    return `No answer within ${seconds} s.`;
  }
  const reasons: Record<string, string> = {
    ECONNREFUSED: "Nothing listens at that address.",
    ENOTFOUND: "The host's name is not known.",
    EAI_AGAIN: "The host's name could not be looked up just now.",
    ECONNRESET: "The connection was closed before there was an answer.",
    UND_ERR_SOCKET: "The connection was closed before there was an answer.",
    DEPTH_ZERO_SELF_SIGNED_CERT: "Its certificate is signed by nobody that this machine trusts.",
    SELF_SIGNED_CERT_IN_CHAIN: "Its certificate is signed by nobody that this machine trusts.",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      "Its certificate is signed by nobody that this machine trusts.",
    CERT_HAS_EXPIRED: "Its certificate has expired.",
  };
  return reasons[cause.code ?? ""] ?? `It could not be reached: ${cause.message ?? "no reason"}.`;
}
