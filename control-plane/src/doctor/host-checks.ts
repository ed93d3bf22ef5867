import { X509Certificate } from "node:crypto";
import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { type Config, ConfigError, type TlsFiles } from "../config.ts";
import { requireListenable } from "../listener.ts";
import { doubtsAbout, readTlsFiles, type TlsPair } from "../tls-files.ts";
import { type Check, checkOf, diskSpace, expiry, failure, warning } from "./check.ts";

/*
 * What can be seen on the control plane's own machine, whether it runs or not. Nothing is changed.
 */

export function dataDirectoryCheck(dataDir: string): Check {
  const title = "Data directory";
  const advice =
    "Set BRIDGEPORT_DATA_DIR to the control plane's, or make it writable for its user.";
  try {
    const { mode } = statSync(dataDir);
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return checkOf("data_directory", title, dataDir, [
      (mode & 0o077) === 0
        ? null
        : warning(
            `${dataDir} can be entered by other users of this machine.`,
            `It holds the master key: chmod 700 ${dataDir}`,
          ),
    ]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return checkOf("data_directory", title, "", [
      failure(`${dataDir} cannot be used (${code}).`, advice),
    ]);
  }
}

/** @param dataDir one that exists */
export function diskCheck(dataDir: string): Check {
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  return checkOf(
    "disk",
    "Disk of the data directory",
    `${(free / 2 ** 30).toFixed(1)} GiB are free.`,
    [
      diskSpace(
        free,
        `for ${dataDir}`,
        "Make room, or move the data directory: a full disk stops the embedded database.",
      ),
    ],
  );
}

/** @param running whether a control plane of this data directory runs, so that the ports are its own */
export async function portChecks(config: Config, running: boolean): Promise<Check[]> {
  const ports = [
    ["http_port", "Port of the console and the API", "BRIDGEPORT_HTTP_ADDR", config.http],
    ["agent_port", "Port of the agents", "BRIDGEPORT_AGENT_ADDR", config.agent],
    ["metrics_port", "Port of the metrics", "BRIDGEPORT_METRICS_ADDR", config.metrics],
  ] as const;
  return Promise.all(
    ports
      .flatMap(([id, title, variable, address]) =>
        address === null ? [] : [[id, title, variable, address] as const],
      )
      .map(async ([id, title, variable, address]) => {
        const place = `${address.host}:${address.port}`;
        const free = await requireListenable(variable, address).then(
          () => null,
          (error: Error) => error.message,
        );
        if (running) {
          return checkOf(id, title, `${place}: the control plane listens.`, [
            free === null
              ? failure(
                  `Nothing listens at ${place}, though a control plane runs.`,
                  `It may be starting; else it was started with another ${variable}: run this with the same configuration.`,
                )
              : null,
          ]);
        }
        return checkOf(id, title, `${place} is free.`, [
          free === null
            ? null
            : failure(free, `End what listens there (ss -ltnp), or set ${variable} to another.`),
        ]);
      }),
  );
}

/** @param files null: TLS is not ours */
export function tlsCheck(files: TlsFiles | null, publicUrl: string, now: number): Check[] {
  if (files === null) return [];
  const title = "TLS certificate";
  let pair: TlsPair;
  try {
    pair = readTlsFiles(files);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const advice =
      "Name PEM files that belong together with BRIDGEPORT_TLS_CERT and BRIDGEPORT_TLS_KEY, which the control plane's user can read.";
    return [checkOf("tls", title, "", [failure(error.message, advice)])];
  }
  const end = new Date(new X509Certificate(pair.cert).validTo);
  const renew = "Renew the certificate, and put the new one into the same file.";
  const what = `The certificate in ${files.cert}`;
  const doubts = end.getTime() > now ? doubtsAbout(pair, publicUrl, new Date(now)) : [];
  return [
    checkOf("tls", title, `Good until ${end.toISOString().slice(0, 10)}.`, [
      expiry(end, now, 21, { what, advice: renew }),
      ...doubts.map((doubt) =>
        warning(
          `${what} will not be believed: ${doubt}.`,
          "Put one of the host of BRIDGEPORT_PUBLIC_URL that is valid now into the same file.",
        ),
      ),
    ]),
  ];
}

const proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"];

/** Which proxies registries and notifications are reached through. */
export function proxyCheck(env: Record<string, string | undefined>): Check {
  const set = proxyVariables.filter((name) => env[name]);
  const shown = set.map((name) => `${name}=${withoutPassword(env[name] ?? "")}`);
  return checkOf("proxies", "Proxies", shown.join(", ") || "None: hosts are reached directly.", [
    ...set.map((name) =>
      URL.canParse(env[name] ?? "")
        ? null
        : failure(`${name} is not a URL.`, `Set ${name} to one such as http://proxy:3128.`),
    ),
  ]);
}

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return "(not a URL)";
  const url = new URL(text);
  if (url.password !== "") url.password = "…";
  return `${url.protocol}//${url.username === "" ? "" : "…@"}${url.host}`;
}
