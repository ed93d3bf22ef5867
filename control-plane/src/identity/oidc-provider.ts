import type { Environment } from "@bridgeport/proto/proxies";
import type { ClientAuth, Configuration } from "openid-client";
import type { OidcConfig } from "../config.ts";
import { fetchThrough } from "../fetch-through.ts";
import type { GroupRole } from "../group-roles.ts";
import { Pools } from "../pools.ts";
import { upTo } from "../reach.ts";

/** What belongs to one login, from its start to the provider's answer. */
export interface Pending {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** Who logged in at the provider, as it says. */
export interface ProviderUser {
  issuer: string;
  /** never changes, other than the e-mail address */
  subject: string;
  email: string | null;
  /** null: the provider does not say */
  emailVerified: boolean | null;
  name: string | null;
  groups: string[];
}

/** An OpenID Connect provider, with which users log in by the authorization code flow and PKCE. */
export interface IdentityProvider {
  /** what its button is called: the host of the issuer */
  name: string;
  issuer: string;
  /** what its groups give */
  groups: GroupRole[];
  /** @throws when the provider cannot be reached */
  begin(): Promise<{ url: URL; pending: Pending }>;
  /**
   * @param query of the request that came back from the provider
   * @throws when the provider or its answer is not right
   */
  complete(query: string, pending: Pending): Promise<ProviderUser>;
  close(): Promise<void>;
}

export interface ProviderOptions {
  config: OidcConfig;
  /** of the console */
  publicUrl: string;
  /** which names the proxies */
  environment?: Environment;
  now?: () => number;
}

const timeoutSeconds = 10;
const mostBytes = 1024 * 1024;
/** What the provider says of itself is read again after that. */
const keptMs = 3_600_000;
const mostGroups = 1000;

export function openIdentityProvider({
  config,
  publicUrl,
  environment = process.env,
  now = Date.now,
}: ProviderOptions): IdentityProvider {
  const pools = new Pools(
    {
      connections: 8,
      connectTimeoutMs: timeoutSeconds * 1000,
      answerTimeoutMs: timeoutSeconds * 1000,
      keepAliveMs: 5000,
      environment,
      authorities: null,
    },
    10,
  );
  // Who starts the control plane has chosen the issuer: it may be inside, but no cloud's own address.
  const fetched = fetchThrough(pools, upTo("loopback"), mostBytes);
  const redirectUri = `${publicUrl}/api/auth/oidc/callback`;
  let known: { configuration: Promise<Configuration>; readAt: number } | null = null;

  /** Read once for all who log in at the same time; a failure is not kept. */
  function discovered(): Promise<Configuration> {
    if (known !== null && now() - known.readAt < keptMs) return known.configuration;
    const reading = { configuration: discover(), readAt: now() };
    known = reading;
    reading.configuration.catch(() => {
      if (known === reading) known = null;
    });
    return reading.configuration;
  }

  async function discover(): Promise<Configuration> {
    const client = await library();
    const { issuer, clientId, clientSecret } = config;
    return client.discovery(
      new URL(issuer),
      clientId,
      undefined,
      clientSecret === null ? client.None() : bySecret(client, clientSecret),
      {
        [client.customFetch]: fetched as never,
        timeout: timeoutSeconds,
        execute: [
          // The signature of the ID token counts, not only the connection that it came over.
          client.enableNonRepudiationChecks,
          ...(issuer.startsWith("http:") ? [client.allowInsecureRequests] : []),
        ],
      },
    );
  }

  return {
    name: new URL(config.issuer).host,
    // In one way of writing, as users are known by it.
    issuer: new URL(config.issuer).href,
    groups: config.groups,
    async begin() {
      const client = await library();
      const configuration = await discovered();
      const pending = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      };
      const offered = configuration.serverMetadata().scopes_supported ?? [];
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: [
          "openid",
          "profile",
          "email",
          ...(offered.includes("groups") ? ["groups"] : []),
        ].join(" "),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(pending.codeVerifier),
        code_challenge_method: "S256",
      });
      return { url, pending };
    },
    async complete(query, { state, nonce, codeVerifier }) {
      const client = await library();
      const configuration = await discovered();
      // What the browser asked for may be another address than ours, behind a proxy.
      const tokens = await client.authorizationCodeGrant(
        configuration,
        new URL(`${redirectUri}${query}`),
        {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: codeVerifier,
          idTokenExpected: true,
        },
      );
      const claims = tokens.claims();
      if (claims === undefined) throw new Error("the provider sent no ID token");
      const more =
        configuration.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      return userOf(new URL(config.issuer).href, { ...more, ...claims });
    },
    close: () => pools.close(),
  };
}

/** In the header, which every provider has to take, unless it says that it does not. */
function bySecret(client: Awaited<ReturnType<typeof library>>, secret: string): ClientAuth {
  return (server, ...more) => {
    const taken = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    const way = taken.includes("client_secret_basic")
      ? client.ClientSecretBasic(secret)
      : client.ClientSecretPost(secret);
    return way(server, ...more);
  };
}

// Loaded when the first user logs in so: most installations have no provider.
const library = () => import("openid-client");

function userOf(issuer: string, claims: { sub: string } & Record<string, unknown>): ProviderUser {
  const text = (value: unknown, most: number) =>
    typeof value === "string" && value !== "" && value.length <= most && !/\p{Cc}/u.test(value)
      ? value
      : null;
  const { sub, email, email_verified: verified, name, groups } = claims;
  const subject = text(sub, 255);
  if (subject === null) throw new Error("the provider sent a subject that cannot be used");
  const listed = Array.isArray(groups) ? groups : [groups];
  return {
    issuer,
    subject,
    email: text(email, 254),
    // Some providers write it as a text.
    emailVerified: verified === undefined ? null : String(verified) === "true",
    name: text(name, 100),
    groups: listed.flatMap((group) => text(group, 255) ?? []).slice(0, mostGroups),
  };
}
