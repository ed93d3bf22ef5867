import { connectEngine, type Engine } from "../src/engine/client.ts";

/**
 * An engine whose `at`th POST to this path fails with status 500. The real engine does not get that
 * request.
 */
export function failingEngine(host: string, path: string, at = 1): Engine {
  const engine = connectEngine(host);
  const { modem } = engine.docker;
  const dial = modem.dial.bind(modem);
  let count = 0;
  modem.dial = (
    request: { method: string; path: string },
    answer: (error: unknown, data?: unknown) => void,
  ) => {
    const matches = request.method === "POST" && request.path.startsWith(path);
    if (matches) count += 1;
    if (!matches || count !== at) {
      dial(request, answer);
      return;
    }
    const message = `${path} fails in this test`;
    answer(Object.assign(new Error(message), { statusCode: 500, json: { message } }));
  };
  return engine;
}
