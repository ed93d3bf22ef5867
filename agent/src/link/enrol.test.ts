import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { createServer } from "node:tls";
import type { EnrollRequest } from "@bridgeport/proto";
import { status as grpcStatus } from "@grpc/grpc-js";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ForwardProxy } from "../../../test/harness/forward-proxy.ts";
import { silentLogger } from "../log.ts";
import { StartRefused } from "../start-refused.ts";
import {
  type EnrolAnswer,
  type TestAuthority,
  testAuthority,
  testEnrolment,
  testGateway,
} from "./control-plane.fixture.ts";
import { enrol, type Joining } from "./enrol.ts";
import { ensureIdentity } from "./ensure-identity.ts";
import type { Reach } from "./http-exchange.ts";
import { loadIdentity, resolveAgentAddr } from "./identity.ts";
import { parseJoinToken } from "./join-token.ts";

let authority: TestAuthority;
let other: TestAuthority;
let stops: (() => void)[];
let proxy: ForwardProxy;

beforeAll(async () => {
  [authority, other] = await Promise.all([testAuthority(), testAuthority()]);
});
beforeEach(async () => {
  stops = [];
  proxy = new ForwardProxy();
  await proxy.start();
});
afterEach(async () => {
  for (const stop of stops) stop();
  await proxy.stop();
});

/** TLS in front of a local port, with a certificate of the authority. @returns its port */
async function withTls(host: string, port: number): Promise<number> {
  const { certificatePem, keyPem } = await authority.issueForGateway(host);
  const sockets = new Set<Duplex>();
  const server = createServer({ cert: certificatePem, key: keyPem }, (secure) => {
    const plain = connect(port, "127.0.0.1");
    for (const socket of [secure, plain]) sockets.add(socket.on("error", () => {}));
    secure.pipe(plain).pipe(secure);
  });
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function controlPlane(answer: (csr: string) => Promise<EnrolAnswer>) {
  const server = await testEnrolment(({ csr }) => answer(csr));
  stops.push(server.stop);
  return server;
}

const good = async (csr: string, signer = authority, shown = signer): Promise<EnrolAnswer> => ({
  status: 200,
  body: {
    certificate: await signer.issue(csr),
    ca: shown.caPem,
    serverId: "server-1",
    agentAddr: "0.0.0.0:7443",
  },
});

function enrolAt(url: string, reach?: Reach, how: Partial<Joining> = {}) {
  const joinToken = authority.newToken();
  return enrol({
    url: new URL(url),
    joinToken,
    hostname: "host-1",
    log: silentLogger,
    ...(reach === undefined ? {} : { reach }),
    ...how,
  });
}

/** A control plane of this version: what it says over HTTP, and its agent port. */
async function current(
  how: {
    shown?: TestAuthority;
    atPort?: TestAuthority;
    issuer?: TestAuthority;
    enrols?: boolean;
  } = {},
) {
  const { shown = authority, atPort = authority, issuer = authority, enrols = true } = how;
  const asked: EnrollRequest[] = [];
  const gateway = await testGateway(
    atPort,
    0,
    !enrols
      ? async () => Promise.reject({ code: grpcStatus.UNIMPLEMENTED, details: "unknown" })
      : async (request) => {
          asked.push(request);
          return {
            certificatePem: await issuer.issue(request.csrPem),
            serverId: "server-1",
            agentAddr: "0.0.0.0:7443",
            caPem: [authority.caPem, other.caPem],
          };
        },
  );
  const agentAddr = `127.0.0.1:${gateway.port}`;
  const http = await testEnrolment(({ csr }) => good(csr), {
    status: 200,
    body: { ca: other.caPem, trusted: [other.caPem, shown.caPem], agentAddr },
  });
  stops.push(gateway.stop, http.stop);
  return { url: http.url, asked, posted: http.requests };
}

describe("enrolling by TLS that the token pins", () => {
  test("sends the token there, and nothing of it over HTTP", async () => {
    const { url, asked, posted } = await current();
    const joinToken = authority.newToken();
    const identity = await enrolAt(url, undefined, { joinToken });
    expect(asked).toMatchObject([{ joinToken, hostname: "host-1" }]);
    expect(posted).toEqual([]);
    expect(identity).toMatchObject({ serverId: "server-1", agentAddr: "0.0.0.0:7443" });
    expect(identity.caPem).toBe(`${authority.caPem}\n${other.caPem}`);
    expect(
      new X509Certificate(identity.certificatePem).checkPrivateKey(
        createPrivateKey(identity.keyPem),
      ),
    ).toBe(true);
  });

  test("sends nothing where no authority that is named is the pinned one", async () => {
    const third = await testAuthority();
    const { url, asked, posted } = await current({ shown: third });
    await expect(enrolAt(url)).rejects.toThrow(/not the control plane that made this join token/);
    expect([...asked, ...posted]).toEqual([]);
  });

  test("sends nothing where the port shows a certificate of another authority", async () => {
    const { url, asked, posted } = await current({ atPort: other });
    await expect(enrolAt(url, undefined, { forMs: 0 })).rejects.toThrow(
      /agent port .* cannot be reached, or what answers there is not the control plane/,
    );
    expect([...asked, ...posted]).toEqual([]);
  });

  test("asks for the authority whatever certificate the address has", async () => {
    const { url, asked, posted } = await current();
    const front = await withTls("localhost", Number(new URL(url).port));
    await enrolAt(`https://127.0.0.1:${front}`, undefined, { forMs: 0 });
    expect([asked.length, posted.length]).toEqual([1, 0]);
  });

  test("sends nothing by HTTP with an unknown certificate, whatever the version", async () => {
    const server = await controlPlane(good);
    const front = await withTls("localhost", Number(new URL(server.url).port));
    await expect(enrolAt(`https://localhost:${front}`, undefined, { forMs: 0 })).rejects.toThrow(
      /cannot be reached \(UNABLE_TO_VERIFY/,
    );
    expect(server.requests).toEqual([]);
  });

  test("refuses a certificate of an authority that is not named", async () => {
    const { url } = await current({ issuer: await testAuthority() });
    await expect(enrolAt(url)).rejects.toThrow(/cannot be used \(it is not signed by/);
  });

  test("falls back to HTTP on this machine where the port knows no such call", async () => {
    const { url, posted } = await current({ enrols: false });
    await enrolAt(url);
    expect(posted).toHaveLength(1);
  });
});

describe("with a control plane of an earlier version", () => {
  const earlier = async () => {
    const server = await controlPlane(good);
    proxy.hosts.set("cp.test:3000", Number(new URL(server.url).port));
    const reach = { environment: { HTTP_PROXY: `http://${proxy.host}` } };
    return { requests: server.requests, reach };
  };

  test("the token is not sent where it could be read on the way", async () => {
    const { requests, reach } = await earlier();
    await expect(enrolAt("http://cp.test:3000", reach)).rejects.toThrow(
      /takes the join token only over plain http.*--token-over-http/,
    );
    expect(requests).toEqual([]);
  });

  test("unless that is wanted", async () => {
    const { requests, reach } = await earlier();
    await enrolAt("http://cp.test:3000", reach, { tokenOverHttp: true });
    expect(requests).toHaveLength(1);
  });

  test("a page that is not found is no control plane", async () => {
    const server = await testEnrolment(({ csr }) => good(csr), { status: 404, body: "<html>" });
    stops.push(server.stop);
    await expect(enrolAt(server.url)).rejects.toThrow(/is not a Bridgeport control plane/);
    expect(server.requests).toEqual([]);
  });
});

describe("enrolling", () => {
  test("exchanges a token for a certificate of the agent's own key", async () => {
    const server = await controlPlane(good);
    const identity = await enrolAt(`${server.url}/bridgeport`);
    expect(server.requests).toMatchObject([
      { method: "POST", path: "/bridgeport/api/agent/enroll", body: { hostname: "host-1" } },
    ]);
    const certificate = new X509Certificate(identity.certificatePem);
    expect(certificate.checkPrivateKey(createPrivateKey(identity.keyPem))).toBe(true);
    expect(identity).toMatchObject({ serverId: "server-1", agentAddr: "0.0.0.0:7443" });
    expect(JSON.stringify(server.requests)).not.toContain("PRIVATE KEY");
  });

  test.each<[string, (csr: string) => Promise<EnrolAnswer>, RegExp]>([
    [
      "another authority",
      (csr) => good(csr, other),
      /not the control plane that made this join token/,
    ],
    [
      "a certificate of another authority",
      (csr) => good(csr, other, authority),
      /cannot be used \(it is not signed by/,
    ],
    [
      "a used token",
      async () => ({ status: 401, body: { error: "x" } }),
      /does not accept this join token/,
    ],
    [
      "a web page",
      async () => ({ status: 200, body: "<html>" }),
      /is not a Bridgeport control plane/,
    ],
    ["a list", async () => ({ status: 200, body: [] }), /is not a Bridgeport control plane/],
    [
      "a redirect",
      async () => ({ status: 301, headers: { location: "https://b.example/" }, body: "" }),
      /use that address as --url/,
    ],
    [
      "an error with a sentence",
      async () => ({ status: 400, body: { error: "No such server." } }),
      /answered 400: No such server\./,
    ],
  ])("is refused for %s", async (_, answer, sentence) => {
    const server = await controlPlane(answer);
    const error = await enrolAt(server.url).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StartRefused);
    expect(error.message).toMatch(sentence);
    expect(error.message).not.toContain("\n");
  });

  test("goes through the proxy of the environment, whose login is for it alone", async () => {
    const server = await controlPlane(good);
    proxy.hosts.set("cp.test:3000", Number(new URL(server.url).port));
    proxy.login = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
    const environment = { HTTP_PROXY: `http://user:p%40ss@${proxy.host}` };
    const how = { tokenOverHttp: true };
    const identity = await enrolAt("http://cp.test:3000/bridgeport", { environment }, how);
    expect(identity).toMatchObject({ serverId: "server-1" });
    expect(proxy.asked).toEqual([
      "GET http://cp.test:3000/bridgeport/api/agent/authority",
      "POST http://cp.test:3000/bridgeport/api/agent/enroll",
    ]);
    expect(server.requests).toMatchObject([{ path: "/bridgeport/api/agent/enroll" }]);
  });

  test("with TLS goes through a tunnel that the proxy cannot look into", async () => {
    const server = await controlPlane(good);
    const front = await withTls("cp.test", Number(new URL(server.url).port));
    proxy.hosts.set("cp.test:443", front);
    const environment = { HTTPS_PROXY: `http://${proxy.host}` };
    const authorities = authority.caPem;
    const identity = await enrolAt("https://cp.test", { environment, authorities });
    expect(identity).toMatchObject({ serverId: "server-1", url: "https://cp.test/" });
    expect(proxy.asked).toEqual(["CONNECT cp.test:443", "CONNECT cp.test:443"]);
    expect(server.requests).toHaveLength(1);
  });

  test("with this machine goes without the proxy", async () => {
    const server = await controlPlane(good);
    const named = `http://${proxy.host}`;
    await enrolAt(server.url, { environment: { HTTP_PROXY: named, HTTPS_PROXY: named } });
    expect(proxy.asked).toEqual([]);
  });

  test.each(["http://cp.test", "https://cp.test"])(
    "%s: a proxy that refuses is named, without its login",
    async (url) => {
      const environment = (login: string) => ({ HTTP_PROXY: `http://${login}${proxy.host}` });
      proxy.login = "Basic another";
      const refused = await enrolAt(url, { environment: environment("user:hidden@") }).catch(
        (thrown) => thrown,
      );
      expect(refused).toBeInstanceOf(StartRefused);
      expect(refused.message).toContain(`The proxy ${proxy.host} wants a login (407)`);
      expect(refused.message).not.toContain("hidden");
      const wrong = { HTTP_PROXY: "socks5://u:hidden@p:1080" };
      await expect(enrolAt(url, { environment: wrong })).rejects.toThrow(
        /^The variable HTTP_PROXY is not the URL of an HTTP proxy/,
      );
    },
  );

  test("is retried while the control plane is busy", async () => {
    let asked = 0;
    const server = await controlPlane(async (csr) => {
      asked += 1;
      return asked === 1 ? { status: 503, body: {} } : good(csr);
    });
    await enrolAt(server.url);
    expect(asked).toBe(2);
  });

  test.each(["", "bp1", "bp2.a.b", `bp1.${"a".repeat(42)}.${"b".repeat(43)}`, "bp1.x.y z"])(
    "%j is not a join token",
    (text) => {
      expect(parseJoinToken(text)).toBeNull();
    },
  );
});

describe("the identity in a state directory", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "identity-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const ensure = (url: string | null, joinToken: string | null) =>
    ensureIdentity(
      directory,
      {
        url: url === null ? null : new URL(url),
        joinToken,
        agentAddr: null,
        tokenOverHttp: false,
      },
      "host-1",
      silentLogger,
    );

  test("is created once, readable only by the agent's user, and needs no token later", async () => {
    const server = await controlPlane(good);
    const token = authority.newToken();
    const identity = await ensure(server.url, token);
    const path = join(directory, "agent.json");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, "utf8")).not.toContain(token);
    expect(await ensure(null, null)).toEqual(identity);
    // An operator repeats the command line of the first start.
    expect(await ensure(server.url, token)).toEqual(identity);
    expect(server.requests).toHaveLength(1);
  });

  test("is replaced when the agent has a new token", async () => {
    const server = await controlPlane(good);
    const first = await ensure(server.url, authority.newToken());
    const second = await ensure(server.url, authority.newToken());
    const hash = (pem: string) => createHash("sha256").update(pem).digest("hex");
    expect(hash(second.keyPem)).not.toBe(hash(first.keyPem));
    expect(await loadIdentity(directory)).toEqual(second);
  });

  test("follows the control plane to another address", async () => {
    const server = await controlPlane(good);
    await ensure(server.url, authority.newToken());
    const moved = await ensure("https://new.example", null);
    expect(moved.url).toBe("https://new.example/");
    expect(await loadIdentity(directory)).toEqual(moved);
  });

  test("where it is missing or damaged, the error says what to do", async () => {
    await expect(ensure("http://127.0.0.1:1", null)).rejects.toThrow(/--token/);
    await expect(ensure(null, authority.newToken())).rejects.toThrow(/--url is missing/);
    await writeFile(join(directory, "agent.json"), "{}");
    await expect(ensure(null, null)).rejects.toThrow(/is damaged: remove the file/);
  });
});

describe("the address to connect to", () => {
  test.each([
    ["10.0.0.5:7443", "https://cp.example", "10.0.0.5:7443"],
    ["0.0.0.0:7443", "https://cp.example:8443/x", "cp.example:7443"],
    ["[::]:7443", "http://[2001:db8::1]:3000", "[2001:db8::1]:7443"],
    [":7443", "http://10.0.0.9", "10.0.0.9:7443"],
    ["[2001:db8::2]:7443", "http://cp.example", "[2001:db8::2]:7443"],
  ])("announced %s, known by %s: %s", (announced, url, expected) => {
    expect(resolveAgentAddr(announced, url)).toBe(expected);
  });
});
