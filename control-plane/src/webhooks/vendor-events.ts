import { z } from "zod";
import { dockerHub, type ImageReference, parseReference } from "../registries/reference.ts";
import {
  type ChangedRepository,
  eventOf,
  exactly,
  ignored,
  malformed,
  type PushEvent,
  pushed,
  shortText,
} from "./push-event.ts";
import { readRegistryEvents } from "./registry-event.ts";

/*
 * The push notifications of the vendors of registries, each as its vendor documents it. Only what
 * is read of a payload is in its schema; whatever else a version adds is passed over.
 */

const listOf = (text: string | null | undefined) => (text ? [text] : []);
const tagShape = shortText.nullish();

/** https://docs.docker.com/docker-hub/repos/manage/webhooks/ */
export function readDockerHubEvent(body: unknown): PushEvent {
  const schema = z.object({
    push_data: z.object({ tag: tagShape }),
    repository: z.object({ repo_name: shortText }),
  });
  return eventOf(schema, body, ({ push_data, repository }) =>
    named(`${dockerHub}/${repository.repo_name}`, "repository.repo_name", listOf(push_data.tag)),
  );
}

/** Both of Harbor's formats, its own and CloudEvents. https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/ */
export function readHarborEvent(body: unknown): PushEvent {
  const data = z.object({
    resources: z.array(z.object({ resource_url: shortText, tag: tagShape })).max(1000),
  });
  const schema = z.object({ type: z.string() });
  const withData = z.union([
    z.object({ event_data: data }).transform(({ event_data }) => event_data),
    z.object({ data }).transform(({ data: inner }) => inner),
  ]);
  const pushes = ["PUSH_ARTIFACT", "harbor.artifact.pushed", "pushImage"];
  return eventOf(schema, body, ({ type }) => {
    if (!pushes.includes(type)) return ignored(`The event ${type.slice(0, 100)} pushes nothing.`);
    const read = withData.safeParse(body);
    if (!read.success) {
      return malformed("event_data.resources: each needs the resource_url of what was pushed");
    }
    const events = read.data.resources.map(({ resource_url, tag }) => {
      const url = resource_url.replace(/^https?:\/\//i, "");
      return named(url, "resource_url", listOf(tag));
    });
    return together(events);
  });
}

/** https://docs.quay.io/guides/notifications.html: an event that is about a push has its tags. */
export function readQuayEvent(body: unknown): PushEvent {
  const schema = z.object({
    docker_url: shortText,
    // Old releases send an object with the image of each tag.
    updated_tags: z
      .union([z.array(shortText).max(10_000), z.record(shortText, z.unknown())])
      .optional(),
  });
  return eventOf(schema, body, ({ docker_url, updated_tags = [] }) => {
    const tags = Array.isArray(updated_tags) ? updated_tags : Object.keys(updated_tags);
    if (tags.length === 0) return ignored("The event updates no tags.");
    return named(docker_url, "docker_url", tags);
  });
}

/** https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference */
export function readAzureEvent(body: unknown): PushEvent {
  const schema = z.object({ action: z.string() });
  const pushSchema = z.object({
    target: z.object({ repository: shortText, tag: tagShape }),
    request: z.object({ host: shortText }),
  });
  return eventOf(schema, body, ({ action }) => {
    if (action !== "push") return ignored(`The action ${action.slice(0, 100)} pushes no image.`);
    return eventOf(pushSchema, body, ({ target, request }) =>
      named(`${request.host}/${target.repository}`, "target.repository", listOf(target.tag)),
    );
  });
}

/** The notifications of GitLab's registry; what a project's own webhooks send is about no images. */
export function readGitlabEvent(body: unknown): PushEvent {
  const webhook = z.object({ object_kind: z.string() }).or(z.object({ event_name: z.string() }));
  if (webhook.safeParse(body).success) {
    return ignored("It is an event of a project or group, not of the container registry.");
  }
  return readRegistryEvents(body, ["push"]);
}

/**
 * Gitea's and Forgejo's event of packages.
 * @param event the header `X-Gitea-Event`
 */
export function readGiteaEvent(event: string | undefined, body: unknown): PushEvent {
  if (event !== undefined && event !== "package") {
    return ignored(`The event ${event.slice(0, 100)} is not about packages.`);
  }
  const schema = z.object({
    action: z.string(),
    package: z.object({
      type: z.string(),
      name: shortText,
      version: tagShape,
      html_url: z.string().max(4000).nullish(),
      owner: z.object({ login: shortText }),
    }),
  });
  return eventOf(schema, body, ({ action, package: published }) => {
    if (action !== "created") return ignored(`The action ${action.slice(0, 100)} pushes nothing.`);
    if (published.type !== "container") {
      return ignored(`A package of the type ${published.type.slice(0, 100)} is no image.`);
    }
    const path = `${published.owner.login}/${published.name}`.toLowerCase();
    // What has no tag has its digest as version.
    const tags = listOf(published.version).filter((version) => !version.includes(":"));
    const host = hostOf(published.html_url);
    if (host === null) return pushed({ name: path, tags, places: [[{ host, path }]] });
    return named(`${host}/${path}`, "package.name", tags);
  });
}

/**
 * https://jfrog.com/help/r/jfrog-platform-administration-documentation/domain-docker
 *
 * The event names the repository in which the image is kept. It is pulled by that repository in its
 * path or its host, or by a virtual repository or a port of which the event knows nothing.
 */
export function readArtifactoryEvent(body: unknown): PushEvent {
  const schema = z.object({ domain: z.string(), event_type: z.string() });
  const pushSchema = z.object({
    data: z.object({ repo_key: shortText, image_name: shortText, tag: tagShape }),
    jpd_origin: z.string().max(4000).nullish(),
  });
  return eventOf(schema, body, ({ domain, event_type }) => {
    if (domain !== "docker" || event_type !== "pushed") {
      return ignored(
        `The event ${event_type.slice(0, 100)} of ${domain.slice(0, 100)} is no push.`,
      );
    }
    return eventOf(pushSchema, body, ({ data, jpd_origin }) => {
      const { repo_key: key, image_name: image } = data;
      const path = `${key}/${image}`;
      const host = hostOf(jpd_origin);
      const first = [{ host, path }];
      const places =
        host === null
          ? [first]
          : [
              [...first, ...hostsOfKey(host, key).map((own) => ({ host: own, path: image }))],
              [{ host, path: image, nearby: true as const }],
            ];
      return pushed({ name: path, tags: listOf(data.tag), places });
    });
  });
}

/** The hosts that stand for one repository: `key.artifactory.example.com`, `acme-key.jfrog.io`. */
function hostsOfKey(host: string, key: string): string[] {
  const [name = "", ...rest] = host.split(".");
  return [`${key}.${host}`, [`${name}-${key}`, ...rest].join(".")].map((own) => own.toLowerCase());
}

function hostOf(url: string | null | undefined): string | null {
  return url && URL.canParse(url) ? new URL(url).host || null : null;
}

/** A push to the repository of an image's name as it is pulled. */
function named(text: string, field: string, tags: string[]): PushEvent {
  const parsed = parseReference(text);
  if (!parsed.ok) return malformed(`${field}: ${parsed.message}`);
  const { domain, path, tag }: ImageReference = parsed.reference;
  return pushed(exactly(domain, path, tags.length > 0 ? tags : listOf(tag)));
}

/** Several pushes as one: each repository once. */
function together(events: PushEvent[]): PushEvent {
  const byName = new Map<string, ChangedRepository>();
  for (const event of events) {
    if (event.kind !== "pushed") return event;
    for (const one of event.repositories) {
      const known = byName.get(one.name);
      byName.set(one.name, { ...one, tags: [...(known?.tags ?? []), ...one.tags] });
    }
  }
  return pushed(...byName.values());
}
