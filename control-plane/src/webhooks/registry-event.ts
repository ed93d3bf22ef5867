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
    url: z.string().optional(),
  }),
  request: z.object({ host: z.string().optional() }).nullish(),
});
const envelopeSchema = z.object({ events: z.array(eventSchema).max(10_000) });

const changes = ["push", "delete", "mount"];

/**
 * Reads the notification envelope of the distribution project's registry: which repositories
 * changed, each once. Pulls change nothing.
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
    if (!changes.includes(action) || !target.repository) continue;
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
