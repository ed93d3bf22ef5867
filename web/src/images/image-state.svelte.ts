import type { Image } from "$lib/api/model.ts";
import { count } from "$lib/wording/wording.ts";

/** Why no plan can be made for an image; null: one can. */
function notDeployable({ services }: Image): string | null {
  return services.length === 0 ? "No services linked to this image" : null;
}

/** What an image's page shows of it and lets people do. */
export class ImageState {
  readonly #image: () => Image | undefined;
  readonly #refusal: () => string | null;

  /**
   * @param image as it is now; undefined: not read yet
   * @param refusal why this user may not do anything to it
   */
  constructor(image: () => Image | undefined, refusal: () => string | null) {
    this.#image = image;
    this.#refusal = refusal;
  }

  /** Why its registry cannot be asked now; null: it can. */
  get checkRefusal(): string | null {
    return (
      this.#refusal() ??
      (this.#image()?.registryConnectionId === null
        ? "No registry connection configured for this image: choose one under Settings."
        : null)
    );
  }

  /** Why it cannot be deployed now; null: it can. */
  get deployRefusal(): string | null {
    const image = this.#image();
    return this.#refusal() ?? (image === undefined ? null : notDeployable(image));
  }
}

/** What a check of an image's registry has found, for people. */
export function checked(result: { newDigests: number; hasUpdate: boolean }): string {
  const found = result.newDigests === 0 ? "No new digest" : count(result.newDigests, "new digest");
  return `${found}${result.hasUpdate ? "; an update is available" : ""}.`;
}
