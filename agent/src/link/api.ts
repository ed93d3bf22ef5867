import { ProxyError } from "@bridgeport/proto/proxies";
import type { Logger } from "../log.ts";
import { StartRefused } from "../start-refused.ts";
import { persist, TryAgain } from "./attempts.ts";
import { type Answer, httpExchange, type Reach } from "./http-exchange.ts";

/** What the control plane's API answered with a status that is worth no other attempt. */
export interface ApiAnswer {
  status: number;
  /** the JSON object; null: it is none */
  fields: Record<string, unknown> | null;
}

/**
 * Asks the control plane's API, again while it does not answer.
 * @param body JSON to post; null: it is a GET
 * @throws {StartRefused}
 */
export async function askApi(
  url: URL,
  {
    path,
    body,
    reach,
    forMs,
    log,
  }: { path: string; body: string | null; reach: Reach; forMs: number; log: Logger },
): Promise<ApiAnswer> {
  const target = new URL(path, url.href.endsWith("/") ? url : `${url.href}/`);
  const {
    status,
    headers,
    body: text,
  } = await persist(() => attempt(target, body, reach), {
    place: target.origin,
    giveUp: (reason) =>
      `The control plane at ${target.origin} cannot be reached (${reason}): check --url, and that it is running.`,
    forMs,
    log,
  });
  if (status >= 300 && status < 400) {
    throw new StartRefused(
      `${url.origin} redirects to ${String(headers.location)}: use that address as --url.`,
    );
  }
  return { status, fields: jsonObject(text) };
}

async function attempt(target: URL, body: string | null, reach: Reach): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await httpExchange(target, body, reach);
  } catch (error) {
    if (error instanceof ProxyError && !error.again) throw new StartRefused(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new TryAgain(code ?? message);
  }
  if (answer.status !== 429 && answer.status < 500) return answer;
  const retryAfter = Number(answer.headers["retry-after"]);
  throw new TryAgain(`it answered ${answer.status}`, retryAfter > 0 ? retryAfter * 1000 : null);
}

function jsonObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** What answers at the URL is something else. */
export function notOurs(url: URL): StartRefused {
  return new StartRefused(
    `What answers at ${url.origin} is not a Bridgeport control plane of this version: check --url.`,
  );
}
