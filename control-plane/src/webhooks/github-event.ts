import { z } from "zod";

/** What GitHub says about a package: a container image that was published, or nothing for us. */
export type GithubEvent =
  | {
      kind: "published";
      /** in lower case, as it is pulled: `ghcr.io/owner/name` */
      imageName: string;
      tag: string | null;
    }
  | { kind: "ignored"; why: string }
  | { kind: "malformed"; message: string };

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
export function readGithubEvent(event: string | undefined, body: unknown): GithubEvent {
  if (event === undefined) {
    return { kind: "malformed", message: "X-GitHub-Event is missing: GitHub always sends it." };
  }
  if (!packageEvents.includes(event)) {
    return { kind: "ignored", why: `The event ${event} is not about packages.` };
  }
  const read = eventSchema.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    const path = issue?.path.join(".") || "body";
    return { kind: "malformed", message: `${path}: ${issue?.message ?? "not an event"}` };
  }
  const { action } = read.data;
  const published = read.data.registry_package ?? read.data.package;
  if (published === undefined) {
    return { kind: "malformed", message: "package: the event names no package." };
  }
  if (action !== "published") {
    return { kind: "ignored", why: `The action ${action} publishes nothing.` };
  }
  if ((published.package_type ?? "container").toLowerCase() !== "container") {
    return { kind: "ignored", why: `A package of the type ${published.package_type} is no image.` };
  }
  const owner = published.namespace || published.owner?.login;
  if (!owner) return { kind: "malformed", message: "package.namespace: the owner is missing." };
  return {
    kind: "published",
    imageName: `ghcr.io/${owner}/${published.name}`.toLowerCase(),
    tag: published.package_version?.container_metadata?.tag?.name || null,
  };
}
