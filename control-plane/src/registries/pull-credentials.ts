import type { Credentials } from "@bridgeport/proto";
import type { PullLogin, RegistryCredentials } from "./authentication.ts";
import { failure, type Outcome, success } from "./outcome.ts";

/*
 * What a server gets to pull an image with. A password is good for everything that its account may do,
 * for as long as it is not changed, so a server gets a token instead: of one repository, for pulling, for
 * minutes. Only where there is none does the registry connection say whether it gets the password.
 */

/**
 * Which agents get a connection's user name and password.
 * - `never`: none does, so images of a registry without a token service cannot be pulled
 * - `without_tokens`: each, where the registry has no token service
 * - `always`: those too that cannot use a token, or need longer than one is good for
 */
export const passwordRules = ["never", "without_tokens", "always"] as const;
export type PasswordToAgents = (typeof passwordRules)[number];

/** What pulls, as far as it matters. */
export interface PullingAgent {
  server: string;
  /** the agent knows of tokens */
  takesTokens: boolean;
  /** false: its engine leaves them out; null: not known */
  engineTakesTokens: boolean | null;
  /** how often this command had a token that ran out */
  renewals: number;
}

/** With the password from this one on: tokens that run out twice are too short for the image. */
const mostRenewals = 2;

export interface PullSubject {
  /** of the image, as its name has it */
  domain: string;
  credentials: RegistryCredentials;
  rule: PasswordToAgents;
  agent: PullingAgent;
}

/** The credentials for one delivery; null: none are needed. */
export function pullCredentials(
  login: PullLogin,
  subject: PullSubject,
): Outcome<Credentials | null> {
  const { domain, credentials, rule, agent } = subject;
  const { username, password } = credentials;
  const withPassword = { username, password, registryHost: domain, identityToken: null };
  const settle = "set which servers get its password at the registry connection";
  if (login.kind === "none") return success(null);
  if (login.kind === "password" || holdsSecret(login.token.value, password)) {
    if (rule !== "never") return success(withPassword);
    return failure(
      "unauthorized",
      `${domain} has no tokens for single repositories, and its registry connection gives its password to no server, so ${agent.server} cannot pull from it; ${settle}.`,
    );
  }
  if (rule === "always" && agent.renewals >= mostRenewals) return success(withPassword);
  if (!agent.takesTokens || agent.engineTakesTokens === false) {
    if (rule === "always") return success(withPassword);
    return failure(
      "unauthorized",
      agent.takesTokens
        ? `The engine of ${agent.server} cannot pull with a token, and the registry connection of ${domain} does not give it the password instead; update the engine (containerd's image store needs Docker 25, and Podman has no way), or ${settle}.`
        : `The agent of ${agent.server} is of an earlier version, which cannot pull with a token, and the registry connection of ${domain} does not give it the password instead; update the agent, or ${settle}.`,
    );
  }
  return success({
    ...{ username: "", password: "", registryHost: domain, identityToken: null },
    registryToken: { value: login.token.value, expiresAt: login.token.expiresAt },
  });
}

/** Some token services give the password back, encoded or as a part: such a token is one. */
export function holdsSecret(token: string, password: string): boolean {
  if (password === "") return false;
  const encodings = ["base64", "base64url", "hex"] as const;
  return [token, ...token.split(".")].some(
    (part) =>
      part.includes(password) ||
      decodeURIComponentOrNot(part).includes(password) ||
      encodings.some((encoding) => Buffer.from(part, encoding).includes(password)),
  );
}

function decodeURIComponentOrNot(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
