import { Problem } from "../problem.ts";
import { keepNewest } from "../registries/bounded.ts";
import type { Registry } from "../registries/connections.ts";
import type { TagDetail } from "../registries/dialects/dialect.ts";
import {
  concernsWholeRegistry,
  type Outcome,
  type RegistryFailure,
  success,
} from "../registries/outcome.ts";
import { type DigestDescriptions, pushTime } from "./digest-descriptions.ts";
import { newestFirst } from "./newest-tags.ts";
import { mayAskByName } from "./tag-candidates.ts";
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

interface TagList {
  tags: string[];
  details: Map<string, TagDetail>;
  /** why these are not the registry's own list; null: they are */
  refused: RegistryFailure | null;
}

/** A page of tags. */
export interface BrowsedPage {
  tags: BrowsedTag[];
  nextCursor: string | null;
  /** a sentence on what is missing; null: nothing is */
  note: string | null;
}

/**
 * Every tag of a repository, page by page, those that look newest first, filter or not. A page
 * costs one HEAD per tag, unless the vendor tells more for less; what a digest is, is read once.
 */
export class TagBrowser {
  readonly #descriptions: DigestDescriptions;
  readonly #lists = new Map<string, TagList & { until: number }>();

  constructor(descriptions: DigestDescriptions) {
    this.#descriptions = descriptions;
  }

  /**
   * @param cursor of the page before; null: from the beginning
   * @param known finds the rows of digests
   * @param byName the tags to ask for where the registry lists none to this account, and lets it pull
   * @throws {Problem} 400 for a cursor that is none of ours
   */
  async page(
    registry: Registry,
    repository: string,
    options: {
      cursor: string | null;
      filter: TagFilter;
      platform: string;
      known: (digests: string[]) => Promise<KnownDigest[]>;
      byName: () => Promise<string[]>;
    },
  ): Promise<Outcome<BrowsedPage>> {
    const after = options.cursor === null ? null : readCursor(options.cursor);
    const list = await this.#list(registry, repository, after === null, options.byName);
    if (!list.ok) return list;
    const { details, refused } = list.value;
    const { tags, more } = pageAfter(list.value, after, options.filter);
    const pointed = await pointTags(registry, repository, tags, details);
    if (!pointed.ok) return pointed;
    const present = pointed.value;
    // An account that may not even pull gets the error, not a list of nothing.
    const answers = present.some(({ digest }) => digest !== null);
    if (refused !== null && after === null && !answers) return refused;

    const digests = [...new Set(present.flatMap(({ digest }) => digest ?? []))];
    const rows = new Map(
      (await options.known(digests)).map((row) => [row.manifestDigest, row] as const),
    );
    const told = new Set(
      present.flatMap(({ tag, digest }) => (details.get(tag)?.size == null ? [] : (digest ?? []))),
    );
    const described = await this.#descriptions.describeAll(
      registry.client,
      repository,
      digests.filter((digest) => !rows.has(digest) && !told.has(digest)),
      options.platform,
    );
    if (!described.ok) return described;
    return success({
      tags: present.map(({ tag, digest }) => {
        const row = digest === null ? undefined : rows.get(digest);
        const about = digest === null ? undefined : described.value.digests.get(digest);
        const detail = details.get(tag);
        const vendor = detail?.pushedAt ?? null;
        const builtAt = about === undefined ? null : pushTime(about, vendor);
        return {
          tag,
          digest,
          size: row?.size ?? about?.size ?? detail?.size ?? null,
          pushedAt: row?.pushedAt ?? builtAt ?? (vendor === null ? null : new Date(vendor)),
          matchesFilter: matchesFilter(options.filter, tag),
          digestId: row?.id ?? null,
        };
      }),
      nextCursor: more ? writeCursor(tags.at(-1) ?? "") : null,
      note: refused === null ? null : noteOn(refused),
    });
  }

  async #list(
    registry: Registry,
    repository: string,
    fresh: boolean,
    byName: () => Promise<string[]>,
  ): Promise<Outcome<TagList>> {
    const { client } = registry;
    const key = `${client.endpoint.origin} ${client.account} ${repository}`;
    const kept = this.#lists.get(key);
    if (!fresh && kept !== undefined && kept.until > Date.now()) return success(kept);
    const [tags, details] = await Promise.all([
      client.listTags(repository),
      registry.tagDetails(repository),
    ]);
    if (!tags.ok) {
      // Not kept: which tags are asked for is the image's, and the list is all accounts'.
      return mayAskByName(tags)
        ? success({ tags: [...new Set(await byName())], details, refused: tags })
        : tags;
    }
    const list = { tags: tags.value, details, refused: null };
    const mine = { ...list, until: Date.now() + listLifetimeMs };
    keepNewest(this.#lists, key, mine, keptLists);
    // A list may have many thousands of tags, and may not be browsed for days.
    setTimeout(() => {
      if (this.#lists.get(key) === mine) this.#lists.delete(key);
    }, listLifetimeMs).unref();
    return success(list);
  }
}

function noteOn({ status, message }: RegistryFailure): string {
  const reason =
    status === 401 || status === 403
      ? "The registry does not let this account list the tags"
      : `The list of tags cannot be read: ${message.replace(/\.$/, "")}`;
  return `${reason}. Shown are those that the tag filter names exactly and those known from before.`;
}

/** Where tags point to, as the vendor said or by HEAD; tags that vanished meanwhile are left out. */
async function pointTags(
  registry: Registry,
  repository: string,
  tags: string[],
  details: ReadonlyMap<string, TagDetail>,
): Promise<Outcome<{ tag: string; digest: string | null }[]>> {
  const heads = await Promise.all(
    tags.map(async (tag): Promise<{ tag: string; digest: Outcome<string | null> }> => {
      const told = details.get(tag)?.digest;
      if (told != null) return { tag, digest: success(told) };
      const head = await registry.client.headManifest(repository, tag);
      return { tag, digest: head.ok ? success(head.value.digest) : head };
    }),
  );
  const present: { tag: string; digest: string | null }[] = [];
  for (const { tag, digest } of heads) {
    if (digest.ok) present.push({ tag, digest: digest.value });
    else if (concernsWholeRegistry(digest)) return digest;
    else if (digest.kind !== "not_found") present.push({ tag, digest: null });
  }
  return success(present);
}

/** The next tags after one, which may be gone by now: the order says where it would be. */
function pageAfter(
  { tags, details }: TagList,
  after: string | null,
  filter: TagFilter,
): { tags: string[]; more: boolean } {
  const all = after === null || tags.includes(after) ? tags : [...tags, after];
  const ordered = newestFirst(
    all.map((tag) => ({ tag, pushedAt: details.get(tag)?.pushedAt ?? null })),
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
