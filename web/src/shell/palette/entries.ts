import type { Environment, Image, Plan, Registry, Server, Service } from "$lib/api/model.ts";
import { placeHref } from "$lib/state/environment.svelte.ts";
import { count } from "$lib/wording/wording.ts";
import { inProjects, projectPath, sectionsOf } from "../../compose/projects.ts";
import type { Entry } from "./ranking.ts";

export interface Things {
  environment: Environment;
  images: readonly Image[];
  services: readonly Service[];
  servers: readonly Server[];
  plans: readonly Plan[];
  registries: readonly Registry[];
}

/** Everything of an environment that can be gone to by name. */
export function thingEntries(things: Things): Entry[] {
  const href = (place: string) => placeHref(things.environment, place);
  return [
    ...things.images.map(({ id, name, imageName }) => ({
      id: `image-${id}`,
      kind: "Image",
      label: name,
      detail: imageName,
      href: href(`images/${id}`),
    })),
    ...things.services.map(({ id, name, server, containerImage }) => ({
      id: `service-${id}`,
      kind: "Service",
      label: name,
      detail: `on ${server.name}`,
      words: containerImage.name,
      href: href(`services/${id}`),
    })),
    ...sectionsOf(inProjects(things.services, (service) => [service.composeProject])).flatMap(
      ({ project, rows }) =>
        project === null
          ? []
          : {
              id: `project-${project}`,
              kind: "Project",
              label: project,
              detail: count(rows.length, "service"),
              words: "compose",
              href: href(projectPath(project)),
            },
    ),
    ...things.servers.map(({ id, name, hostname, tags }) => ({
      id: `server-${id}`,
      kind: "Server",
      label: name,
      detail: hostname !== null && hostname !== name ? hostname : "",
      words: tags.join(" "),
      href: href(`servers/${id}`),
    })),
    ...things.registries.map(({ id, name, registryUrl }) => ({
      id: `registry-${id}`,
      kind: "Registry",
      label: name,
      detail: registryUrl,
      href: href(`registries?q=${encodeURIComponent(name)}`),
    })),
    ...things.plans.map(({ id, name, status, triggeredBy }) => ({
      id: `plan-${id}`,
      kind: "Plan",
      label: name,
      detail: `${status.replace("_", " ")}, by ${triggeredBy}`,
      href: href(`plans/${id}`),
    })),
  ];
}
