import { z } from "zod";
import {
  type ChangedRepository,
  eventOf,
  malformed,
  type PushEvent,
  pushed,
} from "./push-event.ts";

const eventSchema = z.object({
  action: z.string(),
  target: z.object({
    repository: z.string().max(512).optional(),
    mediaType: z.string().optional(),
    url: z.string().optional(),
    tag: z.string().optional(),
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
 *
 * @param actions those that count as a change
 */
export function readRegistryEvents(
  body: unknown,
  actions: readonly ("push" | "delete")[] = ["push", "delete"],
): PushEvent {
  const event = eventOf(envelopeSchema, body, ({ events }) => {
    const changes = new Map<string, { hosts: Set<string>; tags: Set<string> }>();
    for (const { action, target, request } of events) {
      const counts = actions.some((one) => one === action);
      const ofBlob = action === "push" && target.mediaType === blob;
      if (!counts || ofBlob || !target.repository) continue;
      const known = changes.get(target.repository) ?? { hosts: new Set(), tags: new Set() };
      changes.set(target.repository, known);
      if (request?.host) known.hosts.add(request.host.toLowerCase());
      if (target.url && URL.canParse(target.url)) known.hosts.add(new URL(target.url).host);
      if (target.tag) known.tags.add(target.tag);
    }
    return pushed(
      ...[...changes].map(([path, { hosts, tags }]) => changed(path, [...hosts], [...tags])),
    );
  });
  if (event.kind !== "malformed") return event;
  return malformed(`${event.message}; the notification envelope of a registry is {"events": […]}`);
}

/**
 * A registry is often called differently by those who push and by us. Where none of its names fits,
 * all images of that path may be meant, and checking one too many does no harm.
 */
function changed(path: string, hosts: string[], tags: string[]): ChangedRepository {
  const named = hosts.filter((host) => host !== "").map((host) => ({ host, path }));
  return { name: path, tags, places: [named, [{ host: null, path }]] };
}
