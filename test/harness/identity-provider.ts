import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";

/*
 * A real OpenID Connect provider on this machine, and a browser that logs in there as whom the test
 * wants.
 */

export interface Account {
  email?: string;
  email_verified?: boolean | string;
  name?: string;
  groups?: string[];
}

/** A provider of this machine. */
export interface IdentityProvider {
  readonly issuer: string;
  /** By subject; change them at will. */
  readonly accounts: Map<string, Account>;
  /** From now on this one logs in; null: cancels. */
  become(subject: string | null): void;
  /** How often a path of it was asked for. */
  asked(path: string): number;
  close(): Promise<void>;
}

export const client = { clientId: "bridgeport", clientSecret: "a secret of the provider's" };

export async function startIdentityProvider(redirectUri: string): Promise<IdentityProvider> {
  const accounts = new Map<string, Account>();
  /** who is at the keyboard; null: cancels */
  let present: string | null = null;
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const provider: Provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [redirectUri],
      },
    ],
    // With these it has nothing to warn of.
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    jwks: {
      keys: [
        {
          ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
            format: "jwk",
          }),
          use: "sig",
        },
      ],
    },
    cookies: { keys: ["a key of cookies"] },
    features: { devInteractions: { enabled: false } },
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name"],
      groups: ["groups"],
    },
    scopes: ["openid", "email", "profile", "groups"],
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, ...accounts.get(accountId) }),
    }),
    // What is asked for is granted without a question.
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({
        accountId: oidc.session?.accountId ?? "",
        clientId: oidc.client?.clientId ?? "",
      });
      grant.addOIDCScope("openid email profile groups");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  const counts = new Map<string, number>();
  server.on("request", (request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    counts.set(path, (counts.get(path) ?? 0) + 1);
    if (!request.url?.startsWith("/interaction/")) return answer(request, response);
    const result =
      present === null
        ? { error: "access_denied", error_description: "<b>not today</b>" }
        : { login: { accountId: present } };
    return provider.interactionFinished(request, response, result);
  });
  return {
    issuer,
    accounts,
    become(subject: string | null) {
      present = subject;
    },
    asked: (path) => counts.get(path) ?? 0,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A browser without a screen: keeps cookies per origin, and follows redirects one by one. */
export class Visitor {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #fetch: (url: URL, headers: Record<string, string>) => Promise<Response>;

  /** @param fetched how each address is asked */
  constructor(fetched: (url: URL, headers: Record<string, string>) => Promise<Response>) {
    this.#fetch = fetched;
  }

  cookies(origin: string): Map<string, string> {
    const known = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, known);
    return known;
  }

  async get(url: URL): Promise<Response> {
    const jar = this.cookies(url.origin);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await this.#fetch(url, cookie === "" ? {} : { cookie });
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";");
      const [name = "", ...value] = pair.split("=");
      const gone = attributes.some((each) => /max-age=0|expires=Thu, 01 Jan 1970/i.test(each));
      if (gone) jar.delete(name);
      else jar.set(name, value.join("="));
    }
    return response;
  }

  /** Follows redirects from there until an address begins with this. @returns that address, unasked */
  async follow(from: URL, until: string): Promise<URL> {
    let url = from;
    for (let steps = 0; steps < 20; steps++) {
      if (url.href.startsWith(until)) return url;
      const response = await this.get(url);
      const next = response.headers.get("location");
      if (next === null) {
        throw new Error(`${url.href} leads nowhere: ${response.status} ${await response.text()}`);
      }
      url = new URL(next, url);
    }
    throw new Error(`${from.href} leads in circles`);
  }
}
