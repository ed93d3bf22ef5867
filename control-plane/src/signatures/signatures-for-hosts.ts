import { type BroughtSignatures, withinLimits } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";
import { type RegistryConnections, repositoryOf } from "../registries/connections.ts";
import { parseReference } from "../registries/reference.ts";
import { findRegistry } from "../registries/registries.store.ts";
import { findSignatures } from "./find-signatures.ts";

/** What a host that demands signatures is sent with a command: see {@link signaturesForHosts}. */
export type SignaturesForHosts = (request: {
  registryId: string | null;
  reference: string;
  /** what was found a moment ago does not count: the image may have been signed meanwhile */
  fresh: boolean;
}) => Promise<BroughtSignatures>;

/** All services of a plan ask for the same, one after the other. */
const rememberedMs = 60_000;
const mostRemembered = 100;

/**
 * Looks for the signatures of the digest that a reference names. None is checked here: the host does that
 * by itself, and believes nothing of who brings them. What was found is remembered for a moment.
 */
export function signaturesForHosts(parts: {
  database: Sql;
  connections: RegistryConnections;
}): SignaturesForHosts {
  const remembered = new Map<string, { until: number; found: BroughtSignatures }>();
  /** Who asks for the same while it is looked for gets the same: an agent may ask as often as it connects. */
  const underWay = new Map<string, Promise<BroughtSignatures>>();
  const lookOnce = (key: string, registryId: string | null, reference: string) => {
    const present = underWay.get(key);
    if (present !== undefined) return present;
    const begun = look(parts, registryId, reference).finally(() => underWay.delete(key));
    underWay.set(key, begun);
    return begun;
  };
  return async ({ registryId, reference, fresh }) => {
    const key = `${registryId} ${reference}`;
    const now = performance.now();
    for (const [other, { until }] of remembered) if (until <= now) remembered.delete(other);
    const known = fresh ? undefined : remembered.get(key);
    if (known !== undefined) return known.found;
    const found = await lookOnce(key, registryId, reference);
    if (found.found.length > 0 && found.error === null && remembered.size < mostRemembered) {
      remembered.set(key, { until: now + rememberedMs, found });
    }
    return found;
  };
}

async function look(
  { database, connections }: { database: Sql; connections: RegistryConnections },
  registryId: string | null,
  reference: string,
): Promise<BroughtSignatures> {
  const image = parseReference(reference);
  if (!image.ok) return none(image.message);
  const { digest } = image.reference;
  if (digest === null) return none(`${reference} names no digest.`);
  const registry = registryId === null ? null : await findRegistry(database, registryId);
  if (registry === null) {
    return none(
      "The image is connected to no registry, so it is not known where its signatures are: connect it under its settings.",
    );
  }
  const opened = await connections.open(registry);
  if (!opened.ok) return none(opened.message);
  const { client } = opened.value;
  const found = await findSignatures(
    client,
    repositoryOf(client.endpoint, image.reference),
    digest,
  );
  return found.ok ? { found: withinLimits(found.value), error: null } : none(found.message);
}

function none(error: string): BroughtSignatures {
  return { found: [], error };
}
