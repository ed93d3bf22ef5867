import { failure, type RegistryFailure } from "./outcome.ts";

/** What the list of one repository's tags may be in all. */
export interface ListLimits {
  pages: number;
  tags: number;
  bytes: number;
  ms: number;
}

export const listLimits: ListLimits = {
  pages: 1000,
  tags: 100_000,
  bytes: 16 << 20,
  ms: 120_000,
};

/** A size as people write it. */
export function sizeOf(bytes: number): string {
  if (bytes >= 1 << 20 && bytes % (1 << 20) === 0) return `${bytes >> 20} MiB`;
  if (bytes >= 1 << 10 && bytes % (1 << 10) === 0) return `${bytes >> 10} KiB`;
  return `${bytes} bytes`;
}

/** Which limit a list that goes on has passed; null: none, it may go on. */
export function passedLimit(read: ListLimits, limits: ListLimits): string | null {
  if (read.pages >= limits.pages) return `${limits.pages} pages`;
  if (read.tags >= limits.tags) return `${limits.tags} tags`;
  if (read.bytes >= limits.bytes) return sizeOf(limits.bytes);
  if (read.ms >= limits.ms) return `${limits.ms / 1000} s`;
  return null;
}

export function listTooLong(host: string, what: string, limit: string): RegistryFailure {
  return failure(
    "too_large",
    `The list of the tags of ${what} at ${host} goes on after ${limit}, which is more than is read of one; remove old tags there.`,
  );
}
