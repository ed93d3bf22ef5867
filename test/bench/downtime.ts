import { get } from "node:http";

/**
 * Asks a web server on loopback again and again, until it answers `next`. Returns the milliseconds
 * between the last answer of what served before and the first of `next`.
 */
export async function downtime(
  port: number,
  next: string,
  change: Promise<unknown>,
): Promise<number> {
  let last = performance.now();
  let failed: unknown;
  change.catch((error: unknown) => {
    failed = error;
  });
  for (;;) {
    const text = await ask(port);
    if (text === next) return performance.now() - last;
    if (text !== undefined) last = performance.now();
    if (failed) throw failed;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/**
 * Asks a web server that answers `text` until `change` is over and it answers again. Returns the
 * milliseconds of the longest time between two answers.
 */
export async function longestSilence(
  port: number,
  text: string,
  change: Promise<unknown>,
): Promise<number> {
  let last = performance.now();
  let longest = 0;
  let over = false;
  const changed = change.finally(() => {
    over = true;
  });
  changed.catch(() => undefined);
  for (;;) {
    const wasOver = over;
    if ((await ask(port)) === text) {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (wasOver) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await changed;
  return longest;
}

function ask(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, agent: false, timeout: 500 }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () => resolve(text.trim()));
      answer.on("error", () => resolve(undefined));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
  });
}
