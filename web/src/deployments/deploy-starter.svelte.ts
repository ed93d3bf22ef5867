import type { Component } from "svelte";
import type { Image } from "$lib/api/model.ts";
import type { Version } from "./deployment.svelte.ts";

interface DialogProps {
  open: boolean;
  image: Image;
  version?: Version | null;
  only?: string[] | null;
}

interface Wish {
  image: Image;
  version: Version | null;
  only: string[] | null;
  /** a new wish is a new dialog */
  number: number;
}

/**
 * Opens the deploy dialog from anywhere. Its code is loaded when the user first deploys.
 * One per page; `DeployHost` renders it.
 */
class DeployStarter {
  open = $state(false);
  wish = $state.raw<Wish | null>(null);
  Dialog = $state.raw<Component<DialogProps, Record<string, never>, "open"> | null>(null);
  #number = 0;

  async start(image: Image, version: Version | null = null, only: string[] | null = null) {
    this.Dialog ??= (await import("./DeployDialog.svelte")).default;
    this.#number += 1;
    this.wish = { image, version, only, number: this.#number };
    this.open = true;
  }
}

export const deployStarter = new DeployStarter();
