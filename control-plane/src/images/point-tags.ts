import pLimit from "p-limit";
import type { RegistryClient } from "../registries/client.ts";
import {
  concernsWholeRegistry,
  type Outcome,
  type RegistryFailure,
  success,
} from "../registries/outcome.ts";

/** As many as there are connections, so that other requests to the registry wait for a few, not for all. */
const atOnce = 16;

/** Where tags point to. */
export interface Heads {
  resolved: Map<string, string>;
  /** vanished between the list and now */
  gone: Set<string>;
  /** tag → why nothing is known of it */
  skipped: Map<string, string>;
}

/**
 * Asks where each tag points to. What concerns one tag leaves that one out; what concerns the
 * account or the registry ends it, and so do tags that fail without exception.
 */
export async function pointTags(
  client: RegistryClient,
  repository: string,
  tags: string[],
  abort: AbortController,
): Promise<Outcome<Heads>> {
  const heads: Heads = { resolved: new Map(), gone: new Set(), skipped: new Map() };
  let fatal: RegistryFailure | null = null;
  let failed: RegistryFailure | null = null;
  await pLimit(atOnce).map(tags, async (tag) => {
    if (fatal !== null) return;
    const head = await client.headManifest(repository, tag);
    if (fatal !== null) return;
    if (head.ok) {
      if (head.value.digest !== null) heads.resolved.set(tag, head.value.digest);
      else {
        heads.skipped.set(
          tag,
          "The registry sends no digest, so updates cannot be detected for it.",
        );
      }
    } else if (head.kind === "not_found") {
      heads.gone.add(tag);
    } else if (concernsWholeRegistry(head) || head.status === 401 || head.status === 403) {
      fatal = head;
      abort.abort();
    } else {
      failed = head;
      heads.skipped.set(tag, head.message);
    }
  });
  if (fatal !== null) return fatal;
  if (failed !== null && heads.resolved.size === 0) return failed;
  return success(heads);
}
