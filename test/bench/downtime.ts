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
