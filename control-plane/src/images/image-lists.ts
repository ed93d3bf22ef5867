import type { Transaction } from "../database/connection.ts";
import { keepNewest } from "../registries/bounded.ts";
import { registryHosts } from "../registries/registries.store.ts";
import { linkedServicesJson } from "../services/services.store.ts";
import { findDigests, shownVersions } from "./digests.store.ts";
import { jobsOfImages } from "./image-jobs.store.ts";
import { type DigestJson, digestJson, imageFields } from "./image-json.ts";
import type { ImageRow } from "./images.store.ts";
import { unwantedReasons } from "./updates.store.ts";

/** A digest as JSON text. */
export interface WrittenDigest extends Pick<DigestJson, "id" | "manifestDigest" | "bestTag"> {
  text: string;
}

/** An image of a list. What is long is JSON text already. */
export interface ListedImage {
  fields: ReturnType<typeof imageFields>;
  deployed: WrittenDigest | null;
  latest: WrittenDigest | null;
  update: WrittenDigest | null;
  digests: WrittenDigest[];
  /** a list of objects */
  services: string;
}

/** About a kilobyte each: enough for the newest twenty of 2,000 images. */
const mostDigests = 45_000;

/**
 * Images of lists with all that is shown of them, in as many statements however many they are. Digests are the
 * most of it and hardly ever change, so the text of each is kept as long as its row is the same.
 */
export class ImageLists {
  readonly #digests = new Map<string, WrittenDigest>();

  /** @param shown how many of the newest digests of each */
  async read(sql: Transaction, images: ImageRow[], shown: number): Promise<ListedImage[]> {
    const ids = images.map(({ id }) => id);
    const [versions, services, hosts, unwanted, jobs] = await Promise.all([
      shownVersions(sql, ids, Math.max(1, shown)),
      linkedServicesJson(sql, ids),
      registryHosts(
        sql,
        images.flatMap(({ registryId }) => registryId ?? []),
      ),
      unwantedReasons(sql, ids),
      jobsOfImages(sql, ids),
    ]);
    const versionsOf = new Map(versions.map((row) => [row.containerImageId, row]));
    const servicesOf = new Map(services.map((row) => [row.containerImageId, row]));
    const asked = images.map((image) => {
      const { newest = null, named = null } = versionsOf.get(image.id) ?? {};
      return { image, newest: askedDigests(newest), named: askedDigests(named) };
    });
    const digests = await this.#written(sql, asked);
    return asked.map(({ image, newest, named }) => {
      const written = (digest: AskedDigest) => digests.get(keyOf(digest, image)) ?? [];
      const byId = new Map(named.flatMap(written).map((digest) => [digest.id, digest]));
      const namedBy = (id: string | null) => byId.get(id ?? "") ?? null;
      const deployed = namedBy(image.deployedDigestId);
      const latest = namedBy(image.newestDigestId);
      const update = namedBy(image.updateDigestId);
      const all = newest.flatMap(written);
      const linked = servicesOf.get(image.id);
      return {
        fields: imageFields(image, {
          ...{ deployed, latest, update, newest: all[0] ?? null },
          servicesCurrent: linked?.current ?? 0,
          servicesTotal: linked?.total ?? 0,
          registryHost: hosts.get(image.registryId ?? "") ?? null,
          unwantedBecause: unwanted.get(image.id) ?? null,
          job: jobs.get(image.id) ?? null,
        }),
        ...{ deployed, latest, update, digests: all.slice(0, shown) },
        services: linked?.services ?? "[]",
      };
    });
  }

  /** By their keys: those that are kept, and those that are read now. */
  async #written(
    sql: Transaction,
    asked: { image: ImageRow; newest: AskedDigest[]; named: AskedDigest[] }[],
  ): Promise<Map<string, WrittenDigest>> {
    const digests = new Map<string, WrittenDigest>();
    const missing = new Map<string, { image: ImageRow; id: string }>();
    for (const { image, newest, named } of asked) {
      for (const digest of [...newest, ...named]) {
        const key = keyOf(digest, image);
        const kept = this.#digests.get(key);
        if (kept === undefined) missing.set(key, { image, id: digest.id });
        else digests.set(key, kept);
      }
    }
    const ids = [...missing.values()].map(({ id }) => id);
    const read = ids.length === 0 ? [] : await findDigests(sql, [...new Set(ids)]);
    const rows = new Map(read.map((row) => [row.id, row]));
    for (const [key, { image, id }] of missing) {
      const row = rows.get(id);
      if (row === undefined) continue;
      const json = digestJson(row, image);
      const { manifestDigest, bestTag } = json;
      digests.set(key, { id, manifestDigest, bestTag, text: JSON.stringify(json) });
    }
    for (const [key, digest] of digests) keepNewest(this.#digests, key, digest, mostDigests);
    return digests;
  }
}

/** A digest, and the version of its row. */
interface AskedDigest {
  id: string;
  version: string;
}

function askedDigests(text: string | null): AskedDigest[] {
  if (text === null) return [];
  return text.split(";").map((one) => {
    const [id = "", version = ""] = one.split(" ");
    return { id, version };
  });
}

/** Everything that a digest's text depends on: its best tag is by the image's filter. */
const keyOf = ({ id, version }: AskedDigest, image: ImageRow): string =>
  `${id} ${version} ${id === image.deployedDigestId} ${image.tagFilter}`;

/** As the API shows an image. */
export function imageText({ digests, services, ...image }: ListedImage): string {
  const shown = digests.map(({ text }) => text).join(",");
  return `${shortImageText(image).slice(0, -1)},"services":${services},"digests":[${shown}]}`;
}

/** The same without its services and its newest digests. */
export function shortImageText({
  fields,
  deployed,
  latest,
}: Pick<ListedImage, "fields" | "deployed" | "latest">): string {
  return `${JSON.stringify(fields).slice(0, -1)},"deployed":${deployed?.text ?? null},"latest":${latest?.text ?? null}}`;
}
