import { setTimeout as sleep } from "node:timers/promises";

type Send = (request: Request) => Promise<Response>;

const mostAttempts = 5;
const mostSeconds = 10;

/**
 * Sends again what was turned away because there were too many requests, after the seconds that the answer
 * names: nothing has been done with it. A longer wait, as after wrong passwords, is for people to know of.
 * @param pause waits; in milliseconds
 */
export function patient(send: Send, pause: (ms: number) => Promise<unknown> = sleep): Send {
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await send(request.clone());
      const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
      const isSoon = seconds >= 0 && seconds <= mostSeconds;
      if (answer.status !== 429 || !isSoon || attempt === mostAttempts) return answer;
      await answer.body?.cancel();
      await pause(seconds * 1000);
      request.signal.throwIfAborted();
    }
  };
}
