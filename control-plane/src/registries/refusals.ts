import { failure, type RegistryFailure } from "./outcome.ts";
import type { Headers } from "./rate-budget.ts";
import type { TransportResponse } from "./transport.ts";

/*
 * What an answer without the thing that was asked for means, as a sentence. The host that answered
 * is named, which after a redirect is not the one that was asked.
 */

/** What was asked for. */
export interface Asked {
  /** the host of the registry connection */
  asked: string;
  /** without a login */
  anonymous: boolean;
  /** such as `registry.example.com/team/app:v1` */
  what: string;
}

/** Why an answer's status means that there is nothing to be had; 401 is told by the authentication. */
export function refusal(
  response: TransportResponse,
  { asked, anonymous, what }: Asked,
): RegistryFailure {
  const { status } = response;
  const { host } = response.url;
  if (status === 403) {
    return failure(
      "forbidden",
      host === asked
        ? `${host} forbids this account to read ${what}; give it the right to pull.`
        : `${asked} sends to ${host} for ${what}, which does not give it without a login; link the image to a registry connection for ${host}.`,
      { status },
    );
  }
  if (looksLikeHtml(response.headers, response.body)) {
    return failure(
      "bad_answer",
      `${host} answered with a web page (${status}); check that the URL is the registry's own, not that of its web interface.`,
      { status },
    );
  }
  if (status === 404) {
    return failure(
      "not_found",
      what.endsWith("/v2/")
        ? `${host} is not a registry (404 at /v2/); check the URL.`
        : `${what} does not exist in the registry${anonymous ? ", or is not shown without a login" : ""}; check the name, and that it has been pushed.`,
      { status },
    );
  }
  return failure(
    "bad_answer",
    status >= 500
      ? `${host} failed (${status}) when asked for ${what}; try again later or look at the registry's log.`
      : `${host} answered ${status} when asked for ${what}; check the registry's URL and version.`,
    { status },
  );
}

/** Why an answer is not the list that was asked for. */
export function noList(response: TransportResponse, what: string): RegistryFailure {
  return failure(
    "bad_answer",
    looksLikeHtml(response.headers, response.body)
      ? `${response.url.host} answered with a web page instead of a list; check that the URL is the registry's own, not that of its web interface.`
      : `${what}: the answer cannot be read; it may be cut off. Try again, and check the registry if it stays so.`,
    { status: response.status },
  );
}

export function looksLikeHtml(headers: Headers, body: Buffer): boolean {
  return (
    (headers["content-type"] ?? "").includes("text/html") ||
    /^\s*<(?:!doctype|html)/i.test(body.subarray(0, 64).toString("latin1"))
  );
}
