import type { Image } from "$lib/api/model.ts";
import { type Address, ListState } from "$lib/lists/list-state.ts";
import { isByProject } from "../compose/project-filters.ts";
import { type InProject, inProjects, projectsOfImage } from "../compose/projects.ts";

const kept: Record<string, (image: Image) => boolean> = {
  updates: (image) => image.updateAvailable,
  auto: (image) => image.autoUpdate,
  unlinked: (image) => image.registryConnectionId === null,
  errors: (image) => image.lastError !== null,
  quarantined: (image) => image.updateReason === "quarantined",
};
const time = (at: string | null | undefined) => (at ? Date.parse(at) : 0);
const columns = [
  { id: "name", sort: (image: Image) => image.name },
  { id: "services", sort: (image: Image) => image.services.length },
  { id: "newest", sort: (image: Image) => time(image.latest?.pushedAt) },
  { id: "checked", sort: (image: Image) => time(image.lastCheckedAt) },
];

/** The images of an environment, as the address asks for them. */
export class ImageList {
  readonly list: ListState<"show" | "registry" | "project", "by">;
  /** the order of `rows` is by project first */
  readonly byProject = $derived.by(() => isByProject(this.list));
  /** every row of every page; by project, an image has one in each of its projects; undefined: not read yet */
  readonly rows = $derived.by(() => this.#rows());
  readonly page = $derived.by(() => this.rows && this.list.pageOf(this.rows));
  readonly #images: () => readonly Image[] | undefined;

  /** @param images all of them; undefined: not read yet */
  constructor(address: Address, images: () => readonly Image[] | undefined) {
    this.#images = images;
    this.list = new ListState(address, {
      filters: ["show", "registry", "project"],
      views: ["by"],
      order: "name",
    });
  }

  #rows(): InProject<Image>[] | undefined {
    const [show, registry, project] = (["show", "registry", "project"] as const).map((name) =>
      this.list.value(name),
    );
    const images = this.list.rows(this.#images(), {
      texts: (image) => [image.name, image.imageName, image.bestTag],
      keeps: (image) =>
        (show === "" || (kept[show ?? ""]?.(image) ?? false)) &&
        (registry === "" || image.registryConnectionId === registry) &&
        (project === "" || projectsOfImage(image).includes(project ?? "")),
      columns,
    });
    if (!this.byProject) return images?.map((row) => ({ project: null, row }));
    // A filter by project leaves one place to each image.
    const placesOf = (image: Image) =>
      projectsOfImage(image).filter((name) => project === "" || name === project);
    return images && inProjects(images, placesOf);
  }
}
