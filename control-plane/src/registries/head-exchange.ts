import type { Dispatcher } from "undici";

/** What answers HEAD. */
export interface HeadAnswer {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
}

/**
 * Sends HEAD and takes its answer, without the stream that undici makes for a body: nearly everything
 * that a synchronisation asks is a HEAD, and the stream is most of what one costs.
 * @throws what undici says of a connection, or the reason of the signal
 */
export function exchangeHead(
  dispatcher: Dispatcher,
  options: Omit<Dispatcher.DispatchOptions, "method">,
  signal: AbortSignal | undefined,
): Promise<HeadAnswer> {
  return new Promise((resolve, reject) => {
    let running: Dispatcher.DispatchController | null = null;
    let answer: HeadAnswer | null = null;
    const callOff = () => running?.abort(reasonOf(signal));
    const settle = (error: Error | null) => {
      signal?.removeEventListener("abort", callOff);
      if (error === null && answer !== null) resolve(answer);
      else reject(error ?? new Error("the answer ended before it began"));
    };
    signal?.addEventListener("abort", callOff);
    dispatcher.dispatch(
      { ...options, method: "HEAD" },
      {
        onRequestStart(controller) {
          running = controller;
          if (signal?.aborted) callOff();
        },
        onResponseStart(_, statusCode, headers) {
          answer = { statusCode, headers };
        },
        onResponseData() {},
        onResponseEnd() {
          settle(null);
        },
        onResponseError(_, error) {
          settle(error);
        },
      },
    );
  });
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error("called off");
}
