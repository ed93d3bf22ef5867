import { tick } from "svelte";
import type { ExternalToast, Toaster } from "svelte-sonner";

type Kind = "success" | "warning" | "error";

/** Short messages at the edge of the page. Their code is loaded with the first of them. */
class Toasts {
  /** shows them; null until there is one */
  Toaster = $state.raw<typeof Toaster | null>(null);

  success(text: string, options?: ExternalToast): void {
    void this.#show("success", text, options);
  }

  warning(text: string, options?: ExternalToast): void {
    void this.#show("warning", text, options);
  }

  error(text: string, options?: ExternalToast): void {
    void this.#show("error", text, options);
  }

  async #show(kind: Kind, text: string, options?: ExternalToast): Promise<void> {
    const sonner = await import("svelte-sonner");
    this.Toaster = sonner.Toaster;
    // A screen reader reads what is added to a region that is there already.
    await tick();
    sonner.toast[kind](text, options);
  }
}

export const toast = new Toasts();
