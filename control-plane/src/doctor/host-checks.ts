import { X509Certificate } from "node:crypto";
import { accessSync, constants, readFileSync, statfsSync, statSync } from "node:fs";
import type { Config } from "../config.ts";
import { requireListenable } from "../listener.ts";
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
  ] as const;
  return Promise.all(
    ports.map(async ([id, title, variable, address]) => {
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

/** @param file PEM; null: there is none */
export function tlsCheck(file: string | null, now: number): Check[] {
  if (file === null) return [];
  const advice = "Renew the certificate, and put the new one into the same file.";
  try {
    const certificate = new X509Certificate(readFileSync(file));
    const end = new Date(certificate.validTo);
    return [
      checkOf("tls", "TLS certificate", `Good until ${end.toISOString().slice(0, 10)}.`, [
        expiry(end, now, 21, { what: `The certificate in ${file}`, advice }),
      ]),
    ];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return [
      checkOf("tls", "TLS certificate", "", [
        failure(
          `${file} cannot be read as a certificate (${code ?? message}).`,
          "Name a PEM file with BRIDGEPORT_TLS_CERT that the control plane's user can read.",
        ),
      ]),
    ];
  }
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
