import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Context } from "hono";
import { Problem } from "../problem.ts";
import { readRange } from "./range.ts";
import type { Packaged } from "./read-package.ts";

/** Kept by whoever wants, and asked again by its ETag: a version of a checkout may be made anew. */
const revalidated = "public, no-cache";

/** @param what the program, in messages */
export function pick(what: string, files: Record<string, Packaged>, platform: string): Packaged {
  const file = Object.hasOwn(files, platform) ? files[platform] : undefined;
  if (file !== undefined) return file;
  const there = Object.keys(files).join(" and ");
  throw new Problem(
    "not_found",
    "not_found",
    `There is no ${what} for ${platform.slice(0, 100)}: there are ${there}.`,
  );
}

/** The compressed file as it is, or a part of it. */
export function sendFile(c: Context, file: Packaged): Response {
  const etag = `"${file.fileSha256}"`;
  const headers = {
    "Content-Type": "application/gzip",
    "Cache-Control": revalidated,
    "Accept-Ranges": "bytes",
    "X-Checksum-Sha256": file.fileSha256,
    ETag: etag,
  };
  if (c.req.header("if-none-match") === etag) return new Response(null, { status: 304, headers });
  const condition = c.req.header("if-range");
  const asked = condition === undefined || condition === etag ? c.req.header("range") : undefined;
  const range = readRange(asked, file.fileSize);
  if (range === "unsatisfiable") {
    return new Response(null, {
      status: 416,
      headers: { ...headers, "Content-Range": `bytes */${file.fileSize}` },
    });
  }
  const { from, to } = range ?? { from: 0, to: file.fileSize - 1 };
  return new Response(c.req.method === "HEAD" ? null : part(file, { start: from, end: to }), {
    status: range === null ? 200 : 206,
    headers: {
      ...headers,
      "Content-Length": String(to - from + 1),
      ...(range && { "Content-Range": `bytes ${from}-${to}/${file.fileSize}` }),
    },
  });
}

/** Unpacking takes a second of a processor, and anybody may ask for it. */
const mostUnpacked = 4;

/** Sends what is in files, to a few at once. */
export class Unpacking {
  #open = 0;

  /**
   * @param name of its platform, as it is asked for
   * @throws {Problem} 503 where it is unpacked for others just now
   */
  send(c: Context, file: Packaged, name: string): Response {
    return new Response(c.req.method === "HEAD" ? null : this.#content(file, name), {
      headers: {
        "Content-Type": "application/octet-stream",
        "Cache-Control": revalidated,
        "Content-Length": String(file.size),
        "X-Checksum-Sha256": file.sha256,
        ETag: `"${file.sha256}"`,
      },
    });
  }

  #content({ path }: Packaged, name: string): ReadableStream {
    if (this.#open >= mostUnpacked) {
      throw new Problem(
        "not_ready",
        "download_busy",
        `The program is unpacked for ${mostUnpacked} others just now: ask again, or ask for ${name}.gz, which there is no limit for.`,
        { retryAfterSeconds: 10 },
      );
    }
    this.#open += 1;
    const content = createGunzip();
    content.once("close", () => {
      this.#open -= 1;
    });
    // Closes both where one fails or its reader is gone.
    pipeline(createReadStream(path), content, () => {});
    return Readable.toWeb(content) as ReadableStream;
  }
}

function part({ path }: Packaged, range: { start: number; end: number }): ReadableStream {
  return Readable.toWeb(createReadStream(path, range)) as ReadableStream;
}
