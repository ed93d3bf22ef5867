import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { makeCertificates } from "./certificates.ts";

/** How a real registry is told of a token service, as its configuration has it. */
export interface TokenAuth {
  realm: string;
  service: string;
  issuer: string;
  rootcertbundle: string;
}

/** A request for a token. */
export interface TokenRequest {
  scopes: string[];
  /** the user that was named; undefined: none */
  username?: string;
  status: number;
}

/** A token service that signs what a real registry checks by itself. */
export interface TokenService {
  readonly auth: TokenAuth;
  readonly requests: readonly TokenRequest[];
  close(): Promise<void>;
}

/**
 * Starts a token service after the token protocol of the distribution project. Only this user gets
 * tokens, each good for what was asked for.
 */
export async function startTokenService(credentials: {
  username: string;
  password: string;
}): Promise<TokenService> {
  const certificates = makeCertificates();
  certificates.authority("tokens");
  const file = (name: string) => join(certificates.directory, name);
  const key = createPrivateKey(readFileSync(file("tokens.key")));
  const chain = new X509Certificate(readFileSync(file("tokens.pem"))).raw.toString("base64");
  const service = "registry.test";
  const issuer = "token service of this test";
  const requests: TokenRequest[] = [];

  function tokenFor(username: string, scopes: readonly string[]): string {
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.map((scope) => {
      const [type, ...rest] = scope.split(":");
      const actions = (rest.pop() ?? "").split(",");
      return { type, name: rest.join(":"), actions };
    });
    const claims = {
      ...{ iss: issuer, sub: username, aud: service, jti: randomUUID(), access },
      ...{ iat: now, nbf: now - 10, exp: now + 300 },
    };
    const body = [{ typ: "JWT", alg: "RS256", x5c: [chain] }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${body}.${sign("sha256", Buffer.from(body), key).toString("base64url")}`;
  }

  const server = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", "http://localhost");
    // Engines that were given a password ask as OAuth 2 has it, by a form.
    const asked =
      incoming.method === "POST" ? new URLSearchParams(await text(incoming)) : url.searchParams;
    const user = userOf(incoming, asked);
    const scopes = asked.getAll("scope").flatMap((scope) => scope.split(" "));
    const known = user?.username === credentials.username && user.password === credentials.password;
    const status = known ? 200 : 401;
    requests.push({ scopes, ...(user ? { username: user.username } : {}), status });
    const token = known ? tokenFor(credentials.username, scopes) : undefined;
    outgoing.writeHead(status, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ token, access_token: token, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    auth: {
      realm: `http://127.0.0.1:${port}/token`,
      service,
      issuer,
      rootcertbundle: file("tokens.pem"),
    },
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      certificates.remove();
    },
  };
}

function userOf(
  { headers }: IncomingMessage,
  form: URLSearchParams,
): { username: string; password: string } | undefined {
  const encoded = /^Basic (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (encoded !== undefined) {
    const [username = "", ...rest] = Buffer.from(encoded, "base64").toString().split(":");
    return { username, password: rest.join(":") };
  }
  const [username, password] = [form.get("username"), form.get("password")];
  return username === null || password === null ? undefined : { username, password };
}
