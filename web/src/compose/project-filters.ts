import type { Image } from "$lib/api/model.ts";
import type { ListState } from "$lib/lists/list-state.ts";
import { projectNames } from "./projects.ts";

/** A list that a Compose project narrows, and that can be shown by project. */
type ProjectList = Pick<ListState<"project", "by">, "value">;

/** Whether its rows are shown under their projects. */
export const isByProject = (list: Pick<ListState<never, "by">, "value">): boolean =>
  list.value("by") === "project";

/**
 * The filters of such a list.
 * @param images all of the environment's, whose services are of the projects; undefined: not read yet
 */
export function projectFilters(list: ProjectList, images: readonly Image[] | undefined) {
  const chosen = list.value("project");
  const names = projectNames(images ?? []);
  // A project that is gone stays to be seen, and to be taken away.
  const shown = chosen === "" || names.includes(chosen) ? names : [chosen, ...names];
  const options = shown.map((name) => ({ value: name, label: name }));
  return [{ name: "project" as const, label: "Project", options }, byProjectView];
}

/** Shows the same rows by project. */
export const byProjectView = {
  name: "by" as const,
  label: "Group",
  unset: "none",
  options: [{ value: "project", label: "by project" }],
};
