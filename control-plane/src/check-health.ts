import { get as getPlain } from "node:http";
import { get as getByTls } from "node:https";
import { readConfig, urlOf } from "./config.ts";

/*
 * Ends with 0 while the control plane with this environment answers, else with 1 and a line: the health
 * check of its image, which has no other program that could ask.
 */

// Only where it listens: other variables may stand in files, or need others that do.
const { BRIDGEPORT_HTTP_ADDR, BRIDGEPORT_TLS_CERT, BRIDGEPORT_TLS_KEY } = process.env;
const config = readConfig({ BRIDGEPORT_HTTP_ADDR, BRIDGEPORT_TLS_CERT, BRIDGEPORT_TLS_KEY });
const url = `${urlOf(config.http, config.tls !== null)}/healthz`;
const request =
  config.tls === null
    ? getPlain(url)
    : // Whatever name its certificate has: this is the same machine.
      getByTls(url, { rejectUnauthorized: false });
request.on("response", ({ statusCode }) => end(statusCode === 200, `it answers ${statusCode}`));
request.on("error", (error) => end(false, error.message));
request.setTimeout(4000, () => end(false, "it does not answer within 4 s"));

function end(healthy: boolean, reason: string): never {
  if (!healthy) process.stderr.write(`${url}: ${reason}\n`);
  process.exit(healthy ? 0 : 1);
}
