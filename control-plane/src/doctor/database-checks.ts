import { X509Certificate } from "node:crypto";
import { type Check, checkOf, expiry, failure, warning } from "./check.ts";

/** What a database says of itself; of tables that its schema does not have, nothing. */
export interface DatabaseFacts {
  /** such as 180001 */
  serverVersion: number;
  /** epoch milliseconds by the database's clock, and by ours before and after it was asked */
  clock: { database: number; before: number; after: number };
  /** the migrations that it has not seen, by name */
  due: string[];
  /** why this program must not use it; null: it may */
  schemaProblem: string | null;
  encryptionKey: string | null;
  /** PEM of the authorities that are trusted */
  authorities: string[];
  jobs: { failed: number; late: number };
  /** how many of all entries were verified; null: none could be */
  audit: {
    entries: number;
    all: number;
    broken: { position: number | null; reason: string } | null;
  } | null;
}

/** So many entries are verified within a second; those before them only where all are asked for. */
export const auditWindow = 10_000;

const oldestVersion = 140_000;
/** Certificates and tokens are good for hours and more; one-time codes for 30 s. */
const mostClockOffsetMs = 5000;

/** @param keys ids of the master keys that are here, and where; null: they are not known */
export function databaseChecks(
  facts: DatabaseFacts,
  keys: { ids: readonly string[]; where: string } | null,
  now: number,
): Check[] {
  const { serverVersion, clock, due, schemaProblem } = facts;
  const major = Math.floor(serverVersion / 10_000);
  const offset = clockOffset(clock);
  const needed = facts.encryptionKey;
  const checks = [
    checkOf("database_version", "Version of PostgreSQL", `PostgreSQL ${major}`, [
      serverVersion < oldestVersion
        ? failure(
            `It is PostgreSQL ${major}.`,
            "Use PostgreSQL 14 or newer: move by a backup and a restore.",
          )
        : null,
    ]),
    checkOf(
      "database_clock",
      "Clock of the database",
      "The same as here, as far as can be measured.",
      [
        Math.abs(offset) > mostClockOffsetMs
          ? warning(
              `It is ${Math.round(Math.abs(offset) / 1000)} s ${offset > 0 ? "ahead of" : "behind"} the clock here.`,
              "Set both clocks by NTP (chrony or systemd-timesyncd).",
            )
          : null,
      ],
    ),
    checkOf("schema", "Schema of the database", "Up to date.", [
      schemaProblem === null
        ? null
        : failure(
            schemaProblem,
            "Start the version that used the database last, or restore a backup.",
          ),
      due.length > 0
        ? warning(
            `${due.length} migrations are due, up to ${due.at(-1)}.`,
            "Make a backup, stop every control plane of this database, and start this version: it applies them.",
          )
        : null,
    ]),
  ];
  if (keys !== null) {
    checks.push(
      checkOf("master_key", "Master key", `${keys.ids.join(", ")} in ${keys.where}`, [
        needed !== null && !keys.ids.includes(needed)
          ? failure(
              `What is secret in the database is encrypted with the master key ${needed}, which is not in ${keys.where} (there: ${keys.ids.join(", ") || "none"}).`,
              "Put that key there from a backup, as a line below the first.",
            )
          : null,
      ]),
    );
  }
  if (facts.authorities.length > 0) {
    checks.push(authorityCheck(facts.authorities, now));
  }
  checks.push(
    checkOf("jobs", "Background jobs", "Nothing is late.", [
      facts.jobs.late > 0
        ? warning(
            `${facts.jobs.late} jobs have waited for more than a quarter of an hour.`,
            "If a control plane runs, look for errors in its log, and restart it.",
          )
        : null,
      facts.jobs.failed > 0
        ? warning(
            `${facts.jobs.failed} jobs have failed for the last time.`,
            "The control plane's log says why. They are forgotten after some days.",
          )
        : null,
    ]),
  );
  if (facts.audit !== null) {
    const { broken, entries, all } = facts.audit;
    const whole =
      entries === all
        ? `The chain of ${all} entries is whole.`
        : `The chain of the newest ${entries} of ${all} entries is whole (full: all are verified).`;
    checks.push(
      checkOf("audit", "Audit", whole, [
        broken === null
          ? null
          : failure(
              `The chain is broken${broken.position === null ? "" : ` at position ${broken.position}`} (${broken.reason.replaceAll("_", " ")}).`,
              "Entries were removed or changed in the database: compare with an export or a backup, and find out who had access.",
            ),
      ]),
    );
  }
  return checks;
}

/** How far the database's clock is ahead, at least; negative: behind. */
function clockOffset({ database, before, after }: DatabaseFacts["clock"]): number {
  if (database > after) return database - after;
  return database < before ? database - before : 0;
}

function authorityCheck(pems: readonly string[], now: number): Check {
  const ends = pems.map((pem) => Date.parse(new X509Certificate(pem).validTo));
  const first = new Date(Math.min(...ends));
  return checkOf(
    "authority",
    "Certificate authority of the agents",
    `Good until ${first.toISOString().slice(0, 10)}.`,
    [
      expiry(first, now, 365, {
        what: "It",
        advice:
          "Replace it in the system settings (Certificate authority of the agents): without it no agent can connect.",
      }),
    ],
  );
}
