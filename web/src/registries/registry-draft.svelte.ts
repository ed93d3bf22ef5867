import type { Registry, RegistryType } from "$lib/api/model.ts";
import { textOrNull } from "$lib/forms/typed.ts";
import { kinds } from "./kinds.ts";

type SecretKind = "none" | "token" | "password";

/** A registry's connection as a form has it. What is stored of a secret never comes here. */
export class RegistryDraft {
  name = $state("");
  registryUrl = $state("");
  repositoryPrefix = $state("");
  username = $state("");
  secretKind = $state<SecretKind>("none");
  secret = $state("");
  passwordToAgents = $state<Registry["passwordToAgents"]>("without_tokens");
  isDefault = $state(false);
  refreshIntervalMinutes = $state(30);
  autoLinkPattern = $state("");
  #type = $state<RegistryType>("generic");
  readonly #before: Registry | null;

  /** @param before the one to edit; null: a new one */
  constructor(before: Registry | null) {
    this.#before = before;
    if (before === null) return;
    this.#type = before.type;
    this.name = before.name;
    this.registryUrl = before.registryUrl;
    this.repositoryPrefix = before.repositoryPrefix ?? "";
    this.username = before.username ?? "";
    this.secretKind = before.hasPassword ? "password" : before.hasToken ? "token" : "none";
    this.passwordToAgents = before.passwordToAgents;
    this.isDefault = before.isDefault;
    this.refreshIntervalMinutes = before.refreshIntervalMinutes;
    this.autoLinkPattern = before.autoLinkPattern ?? "";
  }

  get type(): RegistryType {
    return this.#type;
  }

  /** Brings the kind's own URL along, where none or another kind's stands there. */
  set type(next: RegistryType) {
    const known = kinds.some(({ url }) => url !== "" && url === this.registryUrl);
    this.#type = next;
    if (this.registryUrl === "" || known) this.registryUrl = this.kind?.url ?? "";
  }

  get kind() {
    return kinds.find(({ type }) => type === this.#type);
  }

  /** Whether a secret of the kind that is chosen is kept already. */
  get stored(): boolean {
    if (this.secretKind === "token") return this.#before?.hasToken ?? false;
    return this.secretKind === "password" && (this.#before?.hasPassword ?? false);
  }

  get body() {
    return {
      name: this.name.trim(),
      type: this.#type,
      registryUrl: this.registryUrl.trim(),
      repositoryPrefix: textOrNull(this.repositoryPrefix),
      username: textOrNull(this.username),
      passwordToAgents: this.passwordToAgents,
      isDefault: this.isDefault,
      refreshIntervalMinutes: this.refreshIntervalMinutes,
      autoLinkPattern: textOrNull(this.autoLinkPattern),
      ...this.#secrets(),
    };
  }

  /** A secret is sent only if it was typed, or taken away. */
  #secrets(): { token?: string | null; password?: string | null } {
    if (this.secretKind === "none") return this.#before ? { token: null, password: null } : {};
    if (this.secret === "") return {};
    return this.secretKind === "token"
      ? { token: this.secret, password: null }
      : { password: this.secret, token: null };
  }
}
