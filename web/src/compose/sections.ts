import type { Section } from "$lib/components/Table.svelte";
import { href } from "$lib/state/environment.svelte.ts";
import { type InProject, projectPath, sectionsOf } from "./projects.ts";

/** Rows of a table under their projects, each of which leads to its page. */
export function projectSections<T>(entries: readonly InProject<T>[]): Section<T>[] {
  return sectionsOf(entries).map(({ project, rows }) =>
    project === null
      ? { title: "Of no Compose project", rows }
      : { title: project, href: href(projectPath(project)), rows },
  );
}
