/** The kinds of registries that are known by name; `generic` is any that speaks the protocol. */
export const registryTypes = [
  "generic",
  "dockerhub",
  "ghcr",
  "gitlab",
  "digitalocean",
  "ecr",
  "gcr",
  "acr",
  "quay",
  "harbor",
  "gitea",
  "artifactory",
  "nexus",
] as const;
export type RegistryType = (typeof registryTypes)[number];

/** The user name that goes with a bare token, as each vendor documents it. */
const userOfToken: Record<RegistryType, string | null> = {
  generic: "token",
  dockerhub: null,
  ghcr: "token",
  gitlab: "oauth2",
  // the token is both user name and password
  digitalocean: null,
  ecr: "AWS",
  gcr: "oauth2accesstoken",
  acr: "00000000-0000-0000-0000-000000000000",
  quay: "$oauthtoken",
  harbor: "token",
  // Gitea looks at the password alone when that is a token.
  gitea: "token",
  artifactory: "token",
  // a user token has a name of its own, which belongs into the user name
  nexus: "token",
};

/** What a registry connection was given to log in with. */
export interface StoredLogin {
  username: string | null;
  password: string | null;
  token: string | null;
}

/** User name and password as the registry wants them; null: anonymous. */
export function loginFor(
  type: RegistryType,
  login: StoredLogin,
): { username: string; password: string } | null {
  const secret = login.password ?? login.token;
  if (secret === null) return null;
  if (login.username !== null) return { username: login.username, password: secret };
  if (login.password === null) {
    const username = userOfToken[type] ?? login.token;
    return username === null ? null : { username, password: secret };
  }
  return { username: "", password: secret };
}
