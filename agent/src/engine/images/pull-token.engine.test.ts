import type { Credentials } from "@bridgeport/proto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../../../../test/harness/images.ts";
import { type Registry, startRegistry } from "../../../../test/harness/registry.ts";
import { startRegistryProxy } from "../../../../test/harness/registry-proxy.ts";
import { startTokenService, type TokenService } from "../../../../test/harness/token-service.ts";
import { openTestbed, type Testbed } from "../../../test/real-engine.ts";
import { CommandFailure } from "../../command.ts";
import { pullImage } from "./pull.ts";

const login = { username: "ann", password: "s3cret" };

let bed: Testbed;
let service: TokenService;
/** takes pushes from all, into the storage that the closed one serves */
let open: Registry;
let closed: Registry;
let count = 0;

type Renew = () => Promise<Credentials | null>;

beforeAll(async () => {
  bed = await openTestbed();
  service = await startTokenService(login);
  open = await startRegistry();
  closed = await startRegistry({ tokens: service.auth, data: open.data });
});
afterAll(async () => {
  await closed?.remove();
  await open?.remove();
  await service?.close();
  await bed?.close();
});

async function pushed(): Promise<PushedImage> {
  count += 1;
  const options = { version: `${bed.prefix}-${count}`, extraBytes: 1000 };
  return await pushImage(open, `${bed.prefix}/closed${count}`, "v1", options);
}

async function tokenFor(repository: string): Promise<string> {
  const url = `${service.auth.realm}?service=${service.auth.service}&scope=repository:${repository}:pull`;
  const basic = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  const answer = await fetch(url, { headers: { authorization: `Basic ${basic}` } });
  return ((await answer.json()) as { token: string }).token;
}

function withToken(value: string, more: { host?: string; expiresAt?: number } = {}): Credentials {
  const { host: registryHost = closed.host, expiresAt = null } = more;
  const none = { username: "", password: "", identityToken: null };
  return { ...none, registryHost, registryToken: { value, expiresAt } };
}

/** "pulled", or the code of the failure. */
async function pulling(
  { repository, digest }: PushedImage,
  credentials: Credentials | null,
  { host = closed.host, renew = async () => null }: { host?: string; renew?: Renew } = {},
) {
  const reference = `${host}/${repository}:v1@${digest}`;
  const signal = new AbortController().signal;
  const context = { signal, deadlineAt: null, progress: () => undefined, renewCredentials: renew };
  try {
    await pullImage(bed.engine, { reference, platform: null, credentials }, context);
    return "pulled";
  } catch (thrown) {
    if (thrown instanceof CommandFailure) return thrown.code;
    throw thrown;
  }
}

test("a token of the repository is enough to pull, and nothing else is asked for", async () => {
  const image = await pushed();
  expect(await pulling(image, null)).toBe("unauthorized");
  const token = await tokenFor(image.repository);
  const before = service.requests.length;
  expect(await pulling(image, withToken(token))).toBe("pulled");
  expect(service.requests.slice(before)).toEqual([]);
});

test("a token of another repository is refused, and said to be a matter of credentials", async () => {
  const [image, other] = [await pushed(), await pushed()];
  const token = await tokenFor(other.repository);
  expect(await pulling(image, withToken(token))).toBe("unauthorized");
});

test("a token that ran out while the pull waited is replaced before it is used", async () => {
  const [image, other] = [await pushed(), await pushed()];
  const old = withToken(await tokenFor(other.repository), { expiresAt: Date.now() - 1 });
  const good = withToken(await tokenFor(image.repository));
  expect(await pulling(image, old, { renew: async () => good })).toBe("pulled");
});

// Engines go on asking for a layer for a minute before they give up, so it is the manifest here.
test("a token that is refused in its time is replaced, but once", async () => {
  const proxy = await startRegistryProxy(closed.host);
  const { host } = proxy;
  try {
    const image = await pushed();
    const errors = [{ code: "UNAUTHORIZED", message: "authentication required" }];
    const headers = { "content-type": "application/json" };
    const refusal = { status: 401, headers, body: JSON.stringify({ errors }) };
    const restore = proxy.rule({ path: "/manifests/" }, refusal);
    const token = withToken(await tokenFor(image.repository), proxy);
    let asked = 0;
    const again = async () => {
      asked += 1;
      return token;
    };
    expect(await pulling(image, token, { host, renew: again })).toBe("unauthorized");
    expect(asked).toBe(1);
    const renew = async () => {
      restore();
      return token;
    };
    expect(await pulling(image, token, { host, renew })).toBe("pulled");
  } finally {
    await proxy.close();
  }
});

test("a password goes on working", async () => {
  const image = await pushed();
  const credentials = { ...login, registryHost: closed.host, identityToken: null };
  expect(await pulling(image, credentials)).toBe("pulled");
});
