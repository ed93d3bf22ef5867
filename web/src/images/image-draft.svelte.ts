import type { Image } from "$lib/api/model.ts";
import { filterProblem } from "../digests/tag-filter.ts";

/** What is set of an image in general, as a form has it. */
export class ImageDraft {
  name = $state("");
  /** empty: none */
  registryId = $state("");
  readonly #image: () => Pick<Image, "name" | "registryConnectionId">;

  /** @param image as it is stored now, which may change while the form is open */
  constructor(image: () => Pick<Image, "name" | "registryConnectionId">) {
    this.#image = image;
    this.name = image().name;
    this.registryId = image().registryConnectionId ?? "";
  }

  get changed(): boolean {
    const { name, registryConnectionId } = this.#image();
    return this.name.trim() !== name || this.registryId !== (registryConnectionId ?? "");
  }

  get body() {
    return {
      name: this.name.trim(),
      registryConnectionId: this.registryId === "" ? null : this.registryId,
    };
  }
}

/** An image that is not known yet, as a form has it. */
export class NewImage {
  name = $state("");
  imageName = $state("");
  tagFilter = $state("latest");
  /** empty: by its auto-link pattern, or none */
  registryId = $state("");

  /** What is wrong with the tag filter, as a sentence. */
  get filterProblem(): string | null {
    return filterProblem(this.tagFilter);
  }

  /** null while the tag filter is not one */
  get body() {
    if (this.filterProblem !== null) return null;
    return {
      name: this.name.trim(),
      imageName: this.imageName.trim(),
      tagFilter: this.tagFilter.trim(),
      ...(this.registryId === "" ? {} : { registryConnectionId: this.registryId }),
    };
  }
}
