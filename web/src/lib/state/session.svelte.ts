import { api, whenSignedOut } from "../api/client.ts";
import type { Role, User } from "../api/model.ts";
import { ApiProblem } from "../api/problem.ts";
import { router } from "../router/router.svelte.ts";
import { showPasskey } from "./authenticator.ts";
import { environments } from "./environment.svelte.ts";
import { hasRole, hasRoleSomewhere, roleIn } from "./roles.ts";

/** Who uses the console, and what they may do. */
class Session {
  user = $state.raw<User | null>(null);
  /** false until the first answer of the server */
  known = $state(false);
  /** why that answer did not come */
  failure = $state.raw<unknown>(null);

  constructor() {
    whenSignedOut(() => this.#leave());
  }

  /** Asks the server who we are; the session cookie, which no script can read, says it. */
  async load(): Promise<void> {
    if (!mayHaveSession()) {
      this.known = true;
      return;
    }
    try {
      this.user = (await api.get("/api/auth/me")).user;
      this.failure = null;
    } catch (error) {
      this.user = null;
      this.failure = error instanceof ApiProblem && error.status === 401 ? null : error;
      if (this.failure === null) remember(false);
    }
    this.known = this.failure === null;
  }

  /** @param code of the second factor, for a user who has one */
  async logIn(email: string, password: string, code?: string): Promise<void> {
    const body = { email, password, ...(code === undefined ? {} : { code }) };
    this.user = (await api.post("/api/auth/login", { body })).user;
    remember(true);
  }

  /** With a passkey: no e-mail address is needed first. */
  async logInWithPasskey(): Promise<void> {
    const { options } = await api.post("/api/auth/passkeys/login/options");
    const credential = await showPasskey(options);
    const body = { credential: { ...credential, type: "public-key" as const } };
    this.user = (await api.post("/api/auth/passkeys/login", { body })).user;
    remember(true);
  }

  async logOut(): Promise<void> {
    await api.post("/api/auth/logout");
    this.user = null;
    remember(false);
    await router.go("/login");
  }

  /** Reads again what the user may do: an administrator may have changed it. */
  async refresh(): Promise<void> {
    try {
      this.user = (await api.get("/api/auth/me")).user;
    } catch {
      // what is shown stays: each request says by itself when it is refused
    }
  }

  /** Leaves for the identity provider, and comes back to this path. */
  leaveFor(startUrl: string, next: string): void {
    // Whether it lets in is known after the return only.
    remember(true);
    location.assign(`${startUrl}?${new URLSearchParams({ next })}`);
  }

  /** @param environmentId null: for what belongs to no environment. Default: the one that is shown */
  may(role: Role, environmentId = shownId()): boolean {
    return this.user !== null && hasRole(this.user.roles, role, environmentId);
  }

  /** In any environment. */
  maySomewhere(role: Role): boolean {
    return this.user !== null && hasRoleSomewhere(this.user.roles, role);
  }

  /** Why this user may not do what needs `role`; null if they may. */
  refusal(role: Role, environmentId = shownId()): string | null {
    if (this.user === null || this.may(role, environmentId)) return null;
    const who = role === "admin" ? "an administrator" : "an operator or an administrator";
    const own = roleIn(this.user.roles, environmentId);
    if (own !== null) return `Your role is ${own}; this needs ${who}.`;
    return environmentId === null
      ? `This needs ${who} of all environments.`
      : `You have no role in this environment; this needs ${who}.`;
  }

  /** The session ended elsewhere, or ran out: log in and come back to the same page. */
  #leave(): void {
    if (this.user === null) return;
    this.user = null;
    remember(false);
    const { pathname, search } = router.url;
    void router.go(`/login?next=${encodeURIComponent(pathname + search)}`, { replace: true });
  }
}

const shownId = (): string | null => environments.shown?.id ?? null;

const storageKey = "bridgeport.session";

/** Whether asking who we are is worth a request: a user logged in here and did not log out. */
function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(storageKey) !== null;
  } catch {
    return true;
  }
}

function remember(loggedIn: boolean): void {
  try {
    if (loggedIn) localStorage.setItem(storageKey, "yes");
    else localStorage.removeItem(storageKey);
  } catch {
    // without storage the server is asked each time
  }
}

export const session = new Session();
