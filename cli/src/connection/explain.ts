import { ApiProblem } from "@bridgeport/client";
import { printable } from "../terminal/text.ts";

/** A sentence for anything that was thrown, with what to do about it where that is known. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiProblem)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { url } = error;
  const message = printable(error.message);
  if (error.status === 0) {
    const why = reason(error.cause);
    return `${url ?? "The control plane"} cannot be reached${why ? `: ${why}` : ""}.`;
  }
  if (error.status === 401) {
    const again =
      url === null ? "" : ` Log in with \`bridgeport login ${url}\`, or set BRIDGEPORT_TOKEN.`;
    return `${message}${again}`;
  }
  return message;
}

const certificate =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/;

/** Why there was no answer, from the innermost cause that says so. */
export function reason(thrown: unknown): string | null {
  let error: unknown = thrown;
  let said: string | null = null;
  for (let depth = 0; error instanceof Error && depth < 8; depth += 1) {
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code === "string" && certificate.test(code)) {
      return "its certificate is not signed by an authority that is known here. Name that authority's file with --ca, BRIDGEPORT_CA or NODE_EXTRA_CA_CERTS";
    }
    if (code === "CERT_HAS_EXPIRED") return "its certificate has expired";
    if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "its certificate is for another name";
    if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO") {
      return "it does not speak TLS there. Is it http instead of https?";
    }
    if (code === "ECONNREFUSED") return "nothing listens there (connection refused)";
    if (code === "ENOTFOUND") return "its name is not known (DNS)";
    const message = error.message || (code ?? "");
    if (message && message !== "fetch failed") said = message;
    error = error instanceof AggregateError ? error.errors[0] : error.cause;
  }
  return said;
}
