import type Docker from "dockerode";
import { type RequestLimits, requestKind } from "./limits.ts";

/** A request as dockerode passes it to `modem.dial`, which sends all requests. */
export interface DialRequest {
  method: string;
  path: string;
  abortSignal?: AbortSignal | undefined;
  isStream?: boolean;
  options?: unknown;
  statusCodes: Record<number, unknown>;
}

export type DialAnswer = (error: unknown, answer?: unknown) => void;
export type Dial = (request: DialRequest, answer: DialAnswer) => void;

/** The engine did not answer a request within the limit of its kind. */
export class EngineSilent extends Error {
  override readonly name = "EngineSilent";
  /** such as `GET /containers/web/json` */
  readonly request: string;
  readonly limitMs: number;
  /** it answers other requests, so that only the object of this request is stuck */
  readonly engineAnswers: boolean;

  constructor(request: string, limitMs: number, engineAnswers: boolean) {
    super(`no answer to ${request} within ${Math.max(Math.round(limitMs / 1000), 1)} s`);
    this.request = request;
    this.limitMs = limitMs;
    this.engineAnswers = engineAnswers;
  }
}

/**
 * Lets no request of this client last longer than its kind may. One that does fails with
 * {@link EngineSilent}. Proxies before an engine cut connections that were silent for a while: what
 * only reads is then asked a second time, and a stop, which may take minutes and has one effect
 * however often it is asked for, until it is answered.
 */
export function limitRequests(docker: Docker, limits: RequestLimits): void {
  const modem = docker.modem as { dial: Dial };
  const send = modem.dial.bind(modem);

  modem.dial = (request, answer) => {
    const limitMs = limits[requestKind(request.method, request.path)];
    sendWithin(send, request, limitMs, (error, value) => {
      if (error !== timedOut) return answer(error, value);
      const name = `${request.method} ${request.path.replace(/\?$/, "")}`;
      sendWithin(send, ping(), limits.ping, (failed) => {
        // Any status shows that the engine can be reached: some proxies forbid this path.
        const answers = failed === null || (failed as { statusCode?: unknown }).statusCode != null;
        answer(new EngineSilent(name, limitMs, answers));
      });
    });
  };
}

const timedOut = new Error("timed out");

function ping(): DialRequest {
  return { method: "GET", path: "/_ping", statusCodes: { 200: true } };
}

const stops = /^(\/v\d+\.\d+)?\/containers\/[^/]+\/stop(\?|$)/;

/** What is cut as soon as it is asked is not a proxy's idle connection. */
const silentForMs = 1_000;

function mayRepeat({ method, path }: DialRequest, attempt: number, lastedMs: number): boolean {
  if (method === "GET") return attempt === 1;
  return method === "POST" && stops.test(path) && (attempt <= 3 || lastedMs > silentForMs);
}

function sendWithin(
  send: Dial,
  request: DialRequest,
  limitMs: number,
  answer: DialAnswer,
  attempt = 1,
): void {
  const sentAt = performance.now();
  const { abortSignal: given } = request;
  const abort = new AbortController();
  const forwardAbort = (): void => abort.abort(given?.reason);
  if (given?.aborted) forwardAbort();
  given?.addEventListener("abort", forwardAbort);
  const stopForwarding = (): void => given?.removeEventListener("abort", forwardAbort);
  let settled = false;
  const settle = (error: unknown, value?: unknown): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    // A stream may still be aborted while it is read.
    if (error === null && isStream(value)) value.once("close", stopForwarding);
    else stopForwarding();
    answer(error, value);
  };
  const timer = setTimeout(() => {
    settle(timedOut);
    abort.abort();
  }, limitMs);
  send({ ...request, abortSignal: abort.signal }, (error, value) => {
    const cut = (error as NodeJS.ErrnoException | null)?.code === "ECONNRESET";
    const lastedMs = performance.now() - sentAt;
    if (cut && mayRepeat(request, attempt, lastedMs) && !settled && !given?.aborted) {
      settled = true;
      clearTimeout(timer);
      stopForwarding();
      sendWithin(send, request, Math.max(limitMs - lastedMs, 0), answer, attempt + 1);
      return;
    }
    settle(error ?? null, value);
  });
}

function isStream(value: unknown): value is NodeJS.EventEmitter {
  return typeof value === "object" && value !== null && "pipe" in value && "once" in value;
}
