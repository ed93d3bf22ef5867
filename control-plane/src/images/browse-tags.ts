import { Problem } from "../problem.ts";
import type { RegistryClient } from "../registries/client.ts";
import { concernsWholeRegistry, type Outcome, success } from "../registries/outcome.ts";
import { type DigestDescriptions, pushTime } from "./digest-descriptions.ts";
import { newestFirst } from "./newest-tags.ts";
import { matchesFilter, type TagFilter } from "./tag-filter.ts";

/** One tag of a repository as the browser shows it. */
export interface BrowsedTag {
  tag: string;
  /** null: the registry sends none */
  digest: string | null;
  /** compressed bytes; null: unknown */
  size: number | null;
  pushedAt: Date | null;
  matchesFilter: boolean;
  /** the digest's row; null: none */
  digestId: string | null;
}

/** What the product knows of a digest already. */
export interface KnownDigest {
  id: string;
  manifestDigest: string;
  size: number | null;
  pushedAt: Date | null;
}

const pageLength = 25;
/** Paging through a repository shows one list rather than a new one for every page. */
const listLifetimeMs = 30_000;
const keptLists = 50;

/**
 * Every tag of a repository, page by page, those that look newest first, filter or not. A page
 * costs one HEAD per tag; what a digest is, is read once.
 */
export class TagBrowser {
  readonly #descriptions: DigestDescriptions;
  readonly #lists = new Map<string, { tags: string[]; until: number }>();

  constructor(descriptions: DigestDescriptions) {
    this.#descriptions = descriptions;
  }

  /**
   * @param cursor of the page before; null: from the beginning
   * @param known finds the rows of digests
   * @throws {Problem} 400 for a cursor that is none of ours
   */
  async page(
    client: RegistryClient,
    repository: string,
    options: {
      cursor: string | null;
      filter: TagFilter;
      platform: string;
      known: (digests: string[]) => Promise<KnownDigest[]>;
    },
  ): Promise<Outcome<{ tags: BrowsedTag[]; nextCursor: string | null }>> {
    const after = options.cursor === null ? null : readCursor(options.cursor);
    const list = await this.#list(client, repository, after === null);
    if (!list.ok) return list;
    const { tags, more } = pageAfter(list.value, after, options.filter);
    const heads = await Promise.all(
      tags.map(async (tag) => ({ tag, head: await client.headManifest(repository, tag) })),
    );
    const present: { tag: string; digest: string | null }[] = [];
    for (const { tag, head } of heads) {
      if (head.ok) present.push({ tag, digest: head.value.digest });
      else if (concernsWholeRegistry(head)) return head;
      else if (head.kind !== "not_found") present.push({ tag, digest: null });
    }
    const digests = [...new Set(present.flatMap(({ digest }) => digest ?? []))];
    const rows = new Map(
      (await options.known(digests)).map((row) => [row.manifestDigest, row] as const),
    );
    const described = await this.#descriptions.describeAll(
      client,
      repository,
      digests.filter((digest) => !rows.has(digest)),
      options.platform,
    );
    if (!described.ok) return described;
    return success({
      tags: present.map(({ tag, digest }) => {
        const row = digest === null ? undefined : rows.get(digest);
        const about = digest === null ? undefined : described.value.digests.get(digest);
        return {
          tag,
          digest,
          size: row?.size ?? about?.size ?? null,
          pushedAt: row?.pushedAt ?? (about === undefined ? null : pushTime(about)),
          matchesFilter: matchesFilter(options.filter, tag),
          digestId: row?.id ?? null,
        };
      }),
      nextCursor: more ? writeCursor(tags.at(-1) ?? "") : null,
    });
  }

  async #list(
    client: RegistryClient,
    repository: string,
    fresh: boolean,
  ): Promise<Outcome<string[]>> {
    const key = `${client.endpoint.origin} ${client.account} ${repository}`;
    const kept = this.#lists.get(key);
    if (!fresh && kept !== undefined && kept.until > Date.now()) return success(kept.tags);
    const list = await client.listTags(repository);
    if (!list.ok) return list;
    this.#lists.delete(key);
    this.#lists.set(key, { tags: list.value, until: Date.now() + listLifetimeMs });
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= keptLists) break;
      this.#lists.delete(oldest);
    }
    return list;
  }
}

/** The next tags after one, which may be gone by now: the order says where it would be. */
function pageAfter(
  tags: string[],
  after: string | null,
  filter: TagFilter,
): { tags: string[]; more: boolean } {
  const all = after === null || tags.includes(after) ? tags : [...tags, after];
  const ordered = newestFirst(
    all.map((tag) => ({ tag, pushedAt: null })),
    filter,
  ).map(({ tag }) => tag);
  const from = after === null ? 0 : ordered.indexOf(after) + 1;
  return {
    tags: ordered.slice(from, from + pageLength),
    more: ordered.length > from + pageLength,
  };
}

function writeCursor(tag: string): string {
  return Buffer.from(JSON.stringify({ after: tag })).toString("base64url");
}

function readCursor(cursor: string): string {
  try {
    const { after } = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as {
      after?: unknown;
    };
    if (typeof after === "string") return after;
  } catch {
    // Answered below, like any other text that is no cursor.
  }
  throw new Problem(
    "invalid",
    "bad_cursor",
    "This cursor is not one that was handed out; start without one.",
  );
}
