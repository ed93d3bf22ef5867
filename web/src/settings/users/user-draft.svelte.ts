import type { User } from "$lib/api/model.ts";
import { textOrNull } from "$lib/forms/typed.ts";
import type { EnvironmentRole } from "$lib/state/roles.ts";

/** A user as an administrator's form has it. */
export class UserDraft {
  email = $state("");
  name = $state("");
  roles = $state<EnvironmentRole[]>([{ environmentId: null, role: "viewer" }]);
  /** a new one; empty: the present one stays */
  password = $state("");

  /** @param before the one to edit; null: a new one */
  constructor(before: Pick<User, "email" | "name" | "roles"> | null) {
    if (before === null) return;
    this.email = before.email;
    this.name = before.name ?? "";
    if (before.roles.length > 0) this.roles = before.roles.map((each) => ({ ...each }));
  }

  get body() {
    return {
      email: this.email.trim(),
      name: textOrNull(this.name),
      roles: this.roles.map((each) => ({ ...each })),
    };
  }
}
