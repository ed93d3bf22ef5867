import type { Image, Service } from "$lib/api/model.ts";
import { compare } from "$lib/lists/lists.ts";
import { type Look, serviceLook } from "$lib/wording/status.ts";

/** The address of a project's page, below its environment's. */
export function projectPath(name: string): string {
  // Browsers take the names `.` and `..` for steps in the path, encoded or not.
  const marked = /^[.~]/.test(name) ? `~${name}` : name;
  return `projects/${encodeURIComponent(marked)}`;
}

/** The project that a page's address names; `segment` is decoded already. */
export function projectNamed(segment: string): string {
  return segment.startsWith("~") ? segment.slice(1) : segment;
}

/** By name as people order them, so that no two names are equal; null, of no project, comes last. */
export function compareProjects(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return compare(a, b) || (a < b ? -1 : 1);
}

/** The projects that an image's services are of; [null] where none is of a project. */
export function projectsOfImage({ services }: Pick<Image, "services">): (string | null)[] {
  const names = new Set(services.flatMap(({ composeProject }) => composeProject ?? []));
  return names.size === 0 ? [null] : [...names];
}

/** Every project of an environment, by name: each service belongs to one of its images. */
export function projectNames(images: readonly Pick<Image, "services">[]): string[] {
  const names = new Set(images.flatMap(projectsOfImage));
  return [...names].filter((name) => name !== null).sort(compareProjects);
}

/** A row of a list, as one of a project. */
export interface InProject<T> {
  project: string | null;
  row: T;
}

/** Rows by project, once for each of their projects; those of one project stay in their order. */
export function inProjects<T>(
  rows: readonly T[],
  projectsOf: (row: T) => readonly (string | null)[],
): InProject<T>[] {
  return rows
    .flatMap((row) => projectsOf(row).map((project) => ({ project, row })))
    .sort((a, b) => compareProjects(a.project, b.project));
}

export interface ProjectSection<T> {
  project: string | null;
  rows: T[];
}

/** Neighbours of the same project together. */
export function sectionsOf<T>(entries: readonly InProject<T>[]): ProjectSection<T>[] {
  const sections: ProjectSection<T>[] = [];
  for (const { project, row } of entries) {
    const last = sections.at(-1);
    if (last && last.project === project) last.rows.push(row);
    else sections.push({ project, rows: [row] });
  }
  return sections;
}

/** The servers that services are on, by name, with how many are there. */
export function serversOf(
  services: readonly Pick<Service, "server">[],
): { id: string; name: string; services: number }[] {
  const servers = new Map<string, { id: string; name: string; services: number }>();
  for (const { server } of services) {
    const known = servers.get(server.id) ?? { ...server, services: 0 };
    known.services += 1;
    servers.set(server.id, known);
  }
  return [...servers.values()].sort((a, b) => compare(a.name, b.name));
}

/** How a project does, by its services. */
export function projectLook(services: readonly Pick<Service, "status">[]): Look {
  const tones = services.map(({ status }) => serviceLook(status).tone);
  const having = (...wanted: Look["tone"][]) =>
    tones.filter((tone) => wanted.includes(tone)).length;
  const care = having("bad", "warn");
  if (care > 0) {
    const text = `${care} of ${services.length} ${care === 1 ? "needs" : "need"} care`;
    return { tone: having("bad") > 0 ? "bad" : "warn", text };
  }
  const running = having("ok", "info");
  if (running === 0) return { tone: "neutral", text: "Nothing runs" };
  if (running < services.length) {
    return { tone: "neutral", text: `${running} of ${services.length} run` };
  }
  return { tone: "ok", text: running === 1 ? "It runs" : `All ${running} run` };
}
