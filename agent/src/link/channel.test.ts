import { afterEach, beforeEach, expect, test } from "vitest";
import { ForwardProxy } from "../../../test/harness/forward-proxy.ts";
import { silentLogger } from "../log.ts";
import { openChannel } from "./channel.ts";
import {
  type TestAuthority,
  type TestGateway,
  testAuthority,
  testEnrolment,
  testGateway,
} from "./control-plane.fixture.ts";
import { enrol } from "./enrol.ts";
import type { Identity } from "./identity.ts";

let authority: TestAuthority;
let gateway: TestGateway;
let proxy: ForwardProxy;
let identity: Identity;

beforeEach(async () => {
  authority = await testAuthority();
  gateway = await testGateway(authority);
  proxy = new ForwardProxy();
  await proxy.start();
  identity = await identityOf(authority);
});
afterEach(async () => {
  gateway.stop();
  await proxy.stop();
});

async function identityOf(of: TestAuthority): Promise<Identity> {
  const enrolment = await testEnrolment(async ({ csr }) => ({
    status: 200,
    body: {
      certificate: await of.issue(csr),
      ca: of.caPem,
      serverId: "server-1",
      agentAddr: `127.0.0.1:${gateway.port}`,
    },
  }));
  try {
    const url = new URL(enrolment.url);
    const joinToken = of.newToken();
    return await enrol({ url, joinToken, hostname: "host-1", log: silentLogger });
  } finally {
    enrolment.stop();
  }
}

async function connected(address: string, environment: Record<string, string>): Promise<void> {
  const client = openChannel(identity, address, environment);
  const stream = client.Connect();
  stream.on("error", () => {});
  try {
    await gateway.stream(0);
  } finally {
    stream.cancel();
    client.close();
  }
}

test.each(["HTTPS_PROXY", "https_proxy", "HTTP_PROXY"])(
  "the stream goes through the proxy that %s names, as enrolment does",
  async (name) => {
    proxy.hosts.set("cp.test:7443", gateway.port);
    proxy.login = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
    await connected("cp.test:7443", { [name]: `http://user:p%40ss@${proxy.host}` });
    expect(proxy.asked).toEqual(["CONNECT cp.test:7443"]);
  },
);

test("to this machine it goes without", async () => {
  await connected(`127.0.0.1:${gateway.port}`, { HTTPS_PROXY: `http://${proxy.host}` });
  expect(proxy.asked).toEqual([]);
});
