import { type ClientRequest, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

export interface UrlProbe {
  ok: boolean;
  /** such as `200` or why there was no answer, for people */
  detail: string;
}

/** One GET from this server: 2xx and 3xx are good, redirects are not followed, certificates are checked. */
export async function probeUrl(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<UrlProbe> {
  let target: URL;
  try {
    target = new URL(url);
  } catch {
    return { ok: false, detail: "it is not a URL" };
  }
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    return { ok: false, detail: "only http and https URLs can be checked" };
  }
  return await new Promise((resolve) => {
    let settled = false;
    let sent: ClientRequest | null = null;
    const settle = (probe: UrlProbe): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      sent?.destroy();
      resolve(probe);
    };
    const abort = (): void => settle({ ok: false, detail: "the check was cancelled" });
    const timer = setTimeout(() => {
      settle({ ok: false, detail: `no answer within ${timeoutMs} ms` });
    }, timeoutMs);
    signal.addEventListener("abort", abort, { once: true });
    const request = target.protocol === "https:" ? requestHttps : requestHttp;
    sent = request(
      target,
      { method: "GET", agent: false, headers: { accept: "*/*" } },
      (answer) => {
        answer.resume();
        const status = answer.statusCode ?? 0;
        settle({ ok: status >= 200 && status < 400, detail: `it answered ${status}` });
      },
    );
    sent.on("error", (error: NodeJS.ErrnoException) => {
      settle({ ok: false, detail: error.code ?? error.message });
    });
    sent.end();
  });
}
