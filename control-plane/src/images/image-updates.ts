import type { UpdateKind } from "../update-kinds.ts";
import type { TagFilter } from "./tag-filter.ts";
import { isOfLine, lineOf, linesToldApart } from "./tag-line.ts";
import {
  type DatedDigest,
  type Update,
  type UpdateReason,
  type UpdateState,
  updateAvailable,
} from "./update-available.ts";

/** A service as far as its updates go. */
export interface DeployedService {
  id: string;
  deployedDigestId: string;
  /** the tag by which it was deployed */
  imageTag: string | null;
  /** its container is there; one that is gone holds the image back no longer */
  found: boolean;
}

export interface ImageUpdates {
  image: UpdateState;
  /** of each service, by its id */
  services: Map<string, UpdateState>;
}

/**
 * What an image and each of its services could be updated to. Each service is compared by what it is
 * itself deployed at, within its line of tags. The image has an update while any service has one; what
 * it is itself deployed at, the last deploy's digest, counts only where no service is known.
 *
 * @param of.services those that are known to be deployed at a digest
 */
export function imageUpdates(of: {
  hasRegistry: boolean;
  deployedDigestId: string | null;
  /** tags that it was deployed by */
  deployedTags: readonly string[];
  filter: TagFilter;
  digests: readonly DatedDigest[];
  automaticKinds: readonly UpdateKind[];
  services: readonly DeployedService[];
}): ImageUpdates {
  const { services, deployedDigestId, deployedTags, ...image } = of;
  const allTags = [...new Set(services.flatMap(({ imageTag }) => imageTag ?? []))];
  const lines = new Map(
    image.digests.map((digest) => {
      const line = lineOf(image.filter, digest.tags, null);
      return [digest.id, { line, toldApart: linesToldApart(line, allTags) }];
    }),
  );
  const alike = new Map<string, UpdateState>();
  const states = new Map<string, UpdateState>();
  for (const { id, deployedDigestId: own, imageTag } of services) {
    const key = `${own} ${imageTag}`;
    const state =
      alike.get(key) ??
      updateAvailable({
        ...image,
        deployedDigestId: own,
        deployedTags: imageTag === null ? [] : [imageTag],
        isOfLine: (digest) => {
          const known = lines.get(digest.id);
          return known === undefined || !known.toldApart || isOfLine(known.line, imageTag);
        },
      });
    alike.set(key, state);
    states.set(id, state);
  }
  const there = services.flatMap(({ id, found }) => (found ? (states.get(id) ?? []) : []));
  const itself = updateAvailable({ ...image, deployedDigestId, deployedTags });
  return { image: there.length === 0 ? itself : together(there, itself), services: states };
}

/** Where no service has an update: what is worth saying first. */
const reasons: readonly UpdateReason[] = [
  ...(["no_registry", "quarantined", "skipped", "undated", "up_to_date"] as const),
];

function together(states: readonly UpdateState[], { newestId }: UpdateState): UpdateState {
  const update = newestOf(states.map((state) => state.update));
  const available = update !== null;
  const reason =
    available === true
      ? "newer_digest"
      : (reasons.find((one) => states.some((state) => state.reason === one)) ?? "deployed_unknown");
  const automatic = newestOf(states.map((state) => state.automatic));
  return { available, reason, newestId, update, automatic };
}

/** The one that was pushed last; a lower version only where there is no other. */
function newestOf(updates: readonly (Update | null)[]): Update | null {
  return updates.reduce((newest, update) => {
    if (newest === null || update === null) return newest ?? update;
    const [a, b] = [newest, update].map(({ kind }) => (kind === "older" ? 0 : 1));
    if (a !== b) return a === 0 ? update : newest;
    return update.pushedAt > newest.pushedAt ? update : newest;
  }, null);
}
