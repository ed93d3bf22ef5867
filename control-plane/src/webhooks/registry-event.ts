import { z } from "zod";

/** A repository in which something changed, and how its registry is called. */
export interface ChangedRepository {
  repository: string;
  /** `host[:port]` by which it was spoken to, in lower case; empty: the event does not say */
  hosts: string[];
}

export type RegistryEvents =
  | { ok: true; changed: ChangedRepository[] }
  | { ok: false; message: string };

const eventSchema = z.object({
  action: z.string(),
  target: z.object({
    repository: z.string().max(512).optional(),
    mediaType: z.string().optional(),
    url: z.string().optional(),
  }),
  request: z.object({ host: z.string().optional() }).nullish(),
});
const envelopeSchema = z.object({ events: z.array(eventSchema).max(10_000) });

/** What a registry calls a layer or a config that was pushed: nothing that a tag points to. */
const blob = "application/octet-stream";

/**
 * Reads the notification envelope of the distribution project's registry: in which repositories
 * tags may have changed, each once. Pulls change nothing, and the blobs of a push come before the
 * manifest that is worth a look.
 */
export function readRegistryEvents(body: unknown): RegistryEvents {
  const read = envelopeSchema.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    const path = issue?.path.join(".") || "body";
    return {
      ok: false,
      message: `${path}: ${issue?.message ?? "not a notification"}; the notification envelope of a registry is {"events": […]}`,
    };
  }
  const hosts = new Map<string, Set<string>>();
  for (const { action, target, request } of read.data.events) {
    const changed = action === "delete" || (action === "push" && target.mediaType !== blob);
    if (!changed || !target.repository) continue;
    const known = hosts.get(target.repository) ?? new Set();
    hosts.set(target.repository, known);
    if (request?.host) known.add(request.host.toLowerCase());
    if (target.url && URL.canParse(target.url)) known.add(new URL(target.url).host);
  }
  return {
    ok: true,
    changed: [...hosts].map(([repository, known]) => ({
      repository,
      hosts: [...known].filter((host) => host !== ""),
    })),
  };
}
