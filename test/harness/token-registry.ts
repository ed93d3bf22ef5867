import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type RegistryProxy, startRegistryProxy } from "./registry-proxy.ts";

/** A registry that wants Bearer tokens from a token service, as the large public ones do. */
export interface TokenRegistry extends RegistryProxy {
  /** The token requests, in order: the scopes asked for and the user, if one was named. */
  readonly tokenRequests: readonly { scopes: string[]; username?: string; status: number }[];
  /** Makes every token given so far invalid. */
  revoke(): void;
}

/** Who gets a token. */
export interface TokenRegistryOptions {
  credentials?: { username: string; password: string };
  /** Pulls need no user. Default: only where no credentials are set. */
  anonymousPull?: boolean;
  /** Lifetime of a token in seconds. Default 300. */
  expiresIn?: number;
  /** `access_token` instead of `token` in the answer, as some services do. */
  accessToken?: boolean;
}

interface Grant {
  scopes: string[];
  until: number;
}

/**
 * Puts a token service before the registry at `target` (which itself asks for nothing), after the
 * token protocol of the distribution project: 401 with `WWW-Authenticate: Bearer realm, service,
 * scope`; a token is good for the repositories and actions it was given for.
 */
export async function startTokenRegistry(
  target: string,
  { credentials, anonymousPull = !credentials, expiresIn = 300, accessToken }: TokenRegistryOptions,
): Promise<TokenRegistry> {
  const grants = new Map<string, Grant>();
  const tokenRequests: { scopes: string[]; username?: string; status: number }[] = [];
  const service = "registry.test";

  const tokens = createServer(async (incoming, outgoing) => {
    // Newer engines ask as OAuth 2 has it, by a form; others with a query and HTTP Basic.
    const url = new URL(incoming.url ?? "/", "http://localhost");
    const asked =
      incoming.method === "POST"
        ? new URLSearchParams(await text(incoming).catch(() => ""))
        : url.searchParams;
    const scopes = asked.getAll("scope").flatMap((scope) => scope.split(" "));
    const user = basic(incoming) ?? inForm(asked);
    const known =
      user !== undefined &&
      user.username === credentials?.username &&
      user.password === credentials.password;
    const refused = user ? !known : !anonymousPull;
    const status = refused || asked.get("service") !== service ? 401 : 200;
    tokenRequests.push({ scopes, ...(user ? { username: user.username } : {}), status });
    outgoing.writeHead(status, { "content-type": "application/json" });
    if (status !== 200) {
      outgoing.end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "no token" }] }));
      return;
    }
    const token = randomUUID();
    const granted = known ? scopes : scopes.map((scope) => scope.replace(/:[^:]*$/, ":pull"));
    grants.set(token, { scopes: granted, until: Date.now() + expiresIn * 1000 });
    outgoing.end(
      JSON.stringify({
        [accessToken || incoming.method === "POST" ? "access_token" : "token"]: token,
        expires_in: expiresIn,
        issued_at: new Date().toISOString(),
      }),
    );
  });
  await new Promise<void>((resolve) => tokens.listen(0, "127.0.0.1", resolve));
  const { port } = tokens.address() as AddressInfo;

  const proxy = await startRegistryProxy(target, {
    gate(incoming) {
      const needed = scopeOf(incoming);
      const token = /^Bearer (.+)$/i.exec(incoming.headers.authorization ?? "")?.[1];
      const grant = grants.get(token ?? "");
      if (grant && grant.until > Date.now() && covers(grant.scopes, needed)) {
        delete incoming.headers.authorization;
        return undefined;
      }
      const scope = needed ? `,scope="${needed}"` : "";
      const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="${service}"${scope}`;
      return {
        status: 401,
        headers: { "www-authenticate": challenge, "content-type": "application/json" },
        body: JSON.stringify({ errors: [{ code: "UNAUTHORIZED", message: "a token is needed" }] }),
      };
    },
  });

  const closeProxy = proxy.close;
  return Object.assign(proxy, {
    tokenRequests,
    revoke: () => grants.clear(),
    close: async () => {
      await closeProxy();
      tokens.closeAllConnections();
      await new Promise((resolve) => tokens.close(resolve));
    },
  });
}

function scopeOf({ method, url = "" }: IncomingMessage): string | undefined {
  if (url.startsWith("/v2/_catalog")) return "registry:catalog:*";
  const repository = /^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(url)?.[1];
  if (!repository) return undefined;
  const actions = method === "GET" || method === "HEAD" ? "pull" : "pull,push";
  return `repository:${repository}:${actions}`;
}

function covers(granted: string[], needed: string | undefined): boolean {
  if (!needed) return true;
  const [type, name, actions = ""] = split(needed);
  return granted.some((scope) => {
    const [grantedType, grantedName, grantedActions = ""] = split(scope);
    const has = grantedActions.split(",");
    return (
      grantedType === type &&
      grantedName === name &&
      actions.split(",").every((action) => has.includes(action))
    );
  });
}

function split(scope: string): [string, string, string] {
  const first = scope.indexOf(":");
  const last = scope.lastIndexOf(":");
  return [scope.slice(0, first), scope.slice(first + 1, last), scope.slice(last + 1)];
}

function inForm(form: URLSearchParams): { username: string; password: string } | undefined {
  const username = form.get("username");
  const password = form.get("password");
  return username !== null && password !== null ? { username, password } : undefined;
}

function basic({ headers }: IncomingMessage): { username: string; password: string } | undefined {
  const encoded = /^Basic (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (!encoded) return undefined;
  const [username = "", ...rest] = Buffer.from(encoded, "base64").toString().split(":");
  return { username, password: rest.join(":") };
}
