import { ProxyError } from "@bridgeport/proto/proxies";
import { AddressRefused } from "../reach.ts";
import { failure, type RegistryFailure } from "./outcome.ts";

/** A failure to get an answer, and whether trying again at once may help. */
export type ConnectionFailure = RegistryFailure & { again: boolean };

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_GET_ISSUER_CERT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

function codeOf(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; depth++) {
    if ("code" in cause && typeof cause.code === "string") return cause.code;
    cause =
      cause instanceof AggregateError && cause.errors.length > 0 ? cause.errors[0] : cause.cause;
  }
  return "";
}

/**
 * Says in a sentence why no answer came, by the code of the error.
 *
 * @param overtime the exchange was cut off because it took too long as a whole
 */
export function connectionFailure(error: unknown, url: URL, overtime: boolean): ConnectionFailure {
  const code = codeOf(error);
  const host = url.host;
  const unreachable = (message: string, again = false): ConnectionFailure => ({
    ...failure("unreachable", message),
    again,
  });
  if (overtime) {
    return unreachable(
      `${host} took too long to answer; check that the registry is not overloaded.`,
    );
  }
  if (error instanceof ProxyError) return unreachable(error.message, error.again);
  if (error instanceof AddressRefused) {
    return unreachable(
      error.reach === "never"
        ? error.message
        : `${error.message} The registry itself is not, so what it names there is not asked.`,
    );
  }
  if (untrusted.has(code)) {
    return unreachable(
      `The certificate of ${host} is not trusted (${code}); install the authority that signed it for this program (NODE_EXTRA_CA_CERTS), or correct the URL.`,
    );
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return unreachable(
      `${host} does not speak TLS; if it is a registry without TLS, write its URL with http://.`,
    );
  }
  if (code.startsWith("HPE_")) {
    return unreachable(
      `${host} does not answer in HTTP; check the port, and whether the URL needs https://.`,
    );
  }
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return unreachable(
        `The host ${url.hostname} cannot be found; check the registry's URL and this machine's DNS.`,
        code === "EAI_AGAIN",
      );
    case "ECONNREFUSED":
      return unreachable(
        `Nothing listens at ${host}; check that the registry runs and that the port is right.`,
        true,
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return unreachable(
        `${host} cannot be reached; check the network and the firewall between here and the registry.`,
      );
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT":
      return unreachable(
        `${host} accepted the request and did not answer in time; check the registry.`,
      );
    default:
      return unreachable(
        `The connection to ${host} broke${code === "" ? "" : ` (${code})`}; check the registry and what stands before it.`,
        true,
      );
  }
}
