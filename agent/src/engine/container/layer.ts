import type { IncomingMessage } from "node:http";
import { type Engine, openStream } from "../client.ts";

/** What a container has in its own writable layer, over its image and beside its volumes. */

/** A difference to the image, as the engine lists them; directories come without their contents. */
export interface LayerChange {
  path: string;
  kind: "changed" | "added" | "removed";
}

export interface LayerChanges {
  changes: LayerChange[];
  /** there are more, which are not in the list */
  cutOff: boolean;
}

/** One path of a container's file system. */
export interface PathFacts {
  path: string;
  /** `other`: a socket, a pipe or a device */
  type: "file" | "directory" | "symlink" | "other";
  /** as `chmod` takes them */
  permissions: number;
  size: number;
  /** nanoseconds since the epoch */
  modifiedAt: bigint;
}

/** About 100,000 paths: as much as is held in memory at once. */
const listLimitBytes = 8 * 1024 * 1024;
const kinds = ["changed", "added", "removed"] as const;

/** All differences of a container's layer to its image, however many there are up to a limit. */
export async function layerChanges(
  engine: Engine,
  id: string,
  signal: AbortSignal,
): Promise<LayerChanges> {
  const stream = await openStream(engine, `/containers/${id}/changes`, {}, signal);
  stream.on("error", () => undefined);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > listLimitBytes) break;
  }
  const cutOff = size > listLimitBytes;
  return { changes: parseChanges(Buffer.concat(chunks).toString(), cutOff), cutOff };
}

function parseChanges(text: string, cutOff: boolean): LayerChange[] {
  // In JSON a quote within a name is escaped, so this cannot be part of one.
  const whole = cutOff ? `${text.slice(0, text.lastIndexOf(',{"Path":"'))}]` : text;
  const listed = (JSON.parse(whole) ?? []) as { Path: string; Kind: number }[];
  return listed.flatMap(({ Path: path, Kind: number }) => {
    const kind = kinds[number];
    return kind === undefined ? [] : [{ path, kind }];
  });
}

// Bits of the engine's file modes, which are those of Go.
const directory = 2 ** 31;
const symlink = 2 ** 27;
const special = 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 21 + 2 ** 19;

/** What is at a path, without following it; null where there is nothing. */
export async function factsOf(engine: Engine, id: string, path: string): Promise<PathFacts | null> {
  const call = {
    path: `/containers/${id}/archive?`,
    method: "HEAD",
    options: { path },
    isStream: true,
    // Podman answers so of a link to nothing, and tells of the link all the same.
    statusCodes: { 200: true, 404: true },
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    engine.docker.modem.dial(call, (error, stream) => {
      if (error) reject(error);
      else resolve(stream as IncomingMessage);
    });
  });
  answer.resume();
  const header = answer.headers["x-docker-container-path-stat"];
  if (header === undefined) return null;
  const { mode, size, mtime } = JSON.parse(Buffer.from(String(header), "base64").toString()) as {
    mode: number;
    size: number;
    mtime: string;
  };
  const permissions = mode % 0o1000;
  return { path, type: typeOf(mode), permissions, size, modifiedAt: nanosecondsOf(mtime) };
}

function typeOf(mode: number): PathFacts["type"] {
  const has = (bits: number): boolean => (BigInt(mode) & BigInt(bits)) !== 0n;
  if (has(directory)) return "directory";
  if (has(symlink)) return "symlink";
  return has(special) ? "other" : "file";
}

/** Of a time as the engine writes it, `2026-01-31T12:00:00.123456789Z` or with an offset. */
export function nanosecondsOf(time: string): bigint {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  const seconds = Date.parse(time.replace(/\.\d+/, "")) / 1000;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}
