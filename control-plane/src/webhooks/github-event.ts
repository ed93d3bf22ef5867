import { z } from "zod";
import { eventOf, exactly, ignored, malformed, type PushEvent, pushed } from "./push-event.ts";

const packageSchema = z.object({
  name: z.string().min(1),
  namespace: z.string().nullish(),
  owner: z.object({ login: z.string() }).nullish(),
  package_type: z.string().nullish(),
  package_version: z
    .object({
      container_metadata: z
        .object({ tag: z.object({ name: z.string().nullish() }).nullish() })
        .nullish(),
    })
    .nullish(),
});
const eventSchema = z.object({
  action: z.string(),
  package: packageSchema.optional(),
  registry_package: packageSchema.optional(),
});

const packageEvents = ["package", "registry_package"];

/** @param event the header `X-GitHub-Event` */
export function readGithubEvent(event: string | undefined, body: unknown): PushEvent {
  if (event === undefined) {
    return malformed("X-GitHub-Event is missing: GitHub always sends it.");
  }
  if (!packageEvents.includes(event)) {
    return ignored(`The event ${event} is not about packages.`);
  }
  return eventOf(eventSchema, body, ({ action, registry_package, package: packaged }) => {
    const published = registry_package ?? packaged;
    if (published === undefined) return malformed("package: the event names no package.");
    if (action !== "published") return ignored(`The action ${action} publishes nothing.`);
    if ((published.package_type ?? "container").toLowerCase() !== "container") {
      return ignored(`A package of the type ${published.package_type} is no image.`);
    }
    const owner = published.namespace || published.owner?.login;
    if (!owner) return malformed("package.namespace: the owner is missing.");
    const tag = published.package_version?.container_metadata?.tag?.name;
    return pushed(exactly("ghcr.io", `${owner}/${published.name}`.toLowerCase(), tag ? [tag] : []));
  });
}
