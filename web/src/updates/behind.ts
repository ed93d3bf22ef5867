import type { ImageBehind, Service, UpdateKind } from "$lib/api/model.ts";
import { matchesText } from "$lib/lists/lists.ts";

/** An update of an image, as one row of the page: all of its services, or those of one project. */
export interface BehindRow {
  /** of the row, not of the image: with projects, an image may have several rows */
  id: string;
  behind: ImageBehind;
  services: Service[];
}

export interface BehindGroup {
  /** a Compose project; null: of none, or the rows are not grouped */
  project: string | null;
  rows: BehindRow[];
}

/** What is shown: everything that is behind, in one list or by Compose project. */
export function groupsOf(updates: readonly ImageBehind[], byProject: boolean): BehindGroup[] {
  if (!byProject) {
    const rows = updates.map((behind) => {
      return { id: behind.image.id, behind, services: behind.services };
    });
    return rows.length === 0 ? [] : [{ project: null, rows }];
  }
  const groups = new Map<string | null, BehindRow[]>();
  for (const behind of updates) {
    const projects = new Set(behind.services.map(({ composeProject }) => composeProject));
    // An image that is behind without a service has a place all the same.
    for (const project of projects.size === 0 ? [null] : projects) {
      const rows = groups.get(project) ?? [];
      groups.set(project, rows);
      rows.push({
        id: `${behind.image.id} ${project ?? ""}`,
        behind,
        services: behind.services.filter(({ composeProject }) => composeProject === project),
      });
    }
  }
  return [...groups]
    .map(([project, rows]) => ({ project, rows }))
    .sort((a, b) =>
      a.project === null ? 1 : b.project === null ? -1 : a.project.localeCompare(b.project),
    );
}

/** Those that a search and a kind keep. An update is of the kinds of its services. */
export function filterBehind(
  updates: readonly ImageBehind[],
  { q, kind }: { q: string; kind: UpdateKind | "" },
): ImageBehind[] {
  return updates.filter(
    ({ image, update, services }) =>
      (kind === "" ||
        update.kind === kind ||
        services.some((service) => service.update?.kind === kind)) &&
      matchesText(q, [
        image.name,
        image.imageName,
        update.bestTag,
        ...services.flatMap(({ name, server }) => [name, server.name]),
      ]),
  );
}

/** One target of a plan: a digest of an image, to these services. */
export interface PlannedUpdate {
  imageId: string;
  imageName: string;
  digestId: string;
  tag: string | null;
  services: Service[];
}

/**
 * What is deployed for the rows that were chosen: a target for each digest, as services of one image may
 * follow different lines. A lower version is left to a person who looks at that image alone.
 */
export function plannedUpdates(rows: readonly BehindRow[]): PlannedUpdate[] {
  const plans = new Map<string, PlannedUpdate>();
  for (const { behind, services } of rows) {
    for (const service of services) {
      const { update } = service;
      if (update === null || !service.behind) continue;
      const plan = plans.get(update.digestId) ?? {
        imageId: behind.image.id,
        imageName: behind.image.name,
        digestId: update.digestId,
        tag: update.bestTag,
        services: [],
      };
      plans.set(update.digestId, plan);
      if (!plan.services.some(({ id }) => id === service.id)) plan.services.push(service);
    }
  }
  return [...plans.values()];
}

/** Why a row cannot be chosen; null: it can. */
export function notSelectable({ services }: BehindRow): string | null {
  if (services.length === 0) return "No service that is there is behind.";
  if (!services.some(({ behind }) => behind)) {
    return "It is a lower version than what is deployed: deploy it from the image if it is wanted.";
  }
  return null;
}
