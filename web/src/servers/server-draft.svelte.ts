import type { Server } from "$lib/api/model.ts";
import { commaSeparated, textOrNull } from "$lib/forms/typed.ts";

/** A server as a form has it. */
export class ServerDraft {
  name = $state("");
  hostname = $state("");
  tags = $state("");

  /** @param before the one to edit; null: a new one */
  constructor(before: Pick<Server, "name" | "hostname" | "tags"> | null) {
    if (before === null) return;
    this.name = before.name;
    this.hostname = before.hostname ?? "";
    this.tags = before.tags.join(", ");
  }

  get body() {
    return {
      name: this.name.trim(),
      hostname: textOrNull(this.hostname),
      tags: commaSeparated(this.tags),
    };
  }
}
