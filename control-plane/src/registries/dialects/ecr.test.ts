import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StoredLogin } from "../registry-type.ts";
import type { Dialect } from "./dialect.ts";
import { ecrDialect } from "./ecr.ts";
import { details, sha, VendorDouble, value } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

describe("Amazon", () => {
  const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
  const login = { username: "AKIAEXAMPLE", password: "secret-key" };
  const dialect = () => ecrDialect(() => vendor.origin);
  const granted = Buffer.from("AWS:a:very:long:password").toString("base64");

  function credentials(one: Dialect, stored: Partial<StoredLogin>, at_ = host) {
    const context = vendor.context("ecr", at_, stored);
    return one.credentials?.({ host: at_, login: context.login, prefix: null, api: context.api });
  }

  test("an access key is exchanged for the registry's password, once until it expires", async () => {
    vendor.answer = () => ({
      body: {
        authorizationData: [
          {
            authorizationToken: granted,
            expiresAt: Date.now() / 1000 + 43200,
            proxyEndpoint: `https://${host}`,
          },
        ],
      },
    });
    const one = dialect();
    const context = vendor.context("ecr", host, { ...login, token: "session" });
    const ask = () =>
      one.credentials?.({ host, login: context.login, prefix: null, api: context.api });
    expect(value(await ask())).toEqual({ username: "AWS", password: "a:very:long:password" });
    await ask();
    expect(vendor.asked.length).toBe(1);
    expect(vendor.asked[0]).toMatchObject({
      method: "POST",
      target: "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
      securityToken: "session",
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/ecr\/aws4_request, SignedHeaders=.*, Signature=[0-9a-f]{64}$/,
      ),
    });
    expect(vendor.asked[0]?.body).not.toContain("secret-key");
  });

  test("a refused key says what to check", async () => {
    vendor.answer = () => ({ status: 400, body: { __type: "UnrecognizedClientException" } });
    const refused = await credentials(dialect(), login);
    expect(refused).toMatchObject({ ok: false, kind: "unauthorized" });
  });

  test("a password that was fetched elsewhere is used as it is, and a wrong host is refused", async () => {
    expect(value(await credentials(dialect(), { username: "AWS", password: "pw" }))).toEqual({
      username: "AWS",
      password: "pw",
    });
    expect(value(await credentials(dialect(), {}))).toBeNull();
    expect(await credentials(dialect(), login, "evil.example.com")).toMatchObject({ ok: false });
    expect(vendor.asked).toEqual([]);
  });

  test("images and repositories, page by page", async () => {
    vendor.answer = ({ target, body }) => {
      const sent = JSON.parse(body) as { nextToken?: string };
      if (target?.endsWith("DescribeRepositories")) {
        return { body: { repositories: [{ repositoryName: "team/app" }], nextToken: "more" } };
      }
      return sent.nextToken === undefined
        ? {
            body: {
              nextToken: "page 2",
              imageDetails: [
                {
                  imageDigest: sha("a"),
                  imageTags: ["v2", "latest"],
                  imageSizeInBytes: 100,
                  imagePushedAt: 1767225600.5,
                },
              ],
            },
          }
        : { body: { imageDetails: [{ imageDigest: sha("b"), imageTags: ["v1"] }] } };
    };
    const context = vendor.context("ecr", host, login);
    expect(await details(dialect(), context, "team/app")).toEqual({
      v2: { digest: sha("a"), size: 100, pushedAt: 1767225600500 },
      latest: { digest: sha("a"), size: 100, pushedAt: 1767225600500 },
      v1: { digest: sha("b"), size: null, pushedAt: null },
    });
    expect(JSON.parse(vendor.asked[0]?.body ?? "")).toMatchObject({
      registryId: "123456789012",
      repositoryName: "team/app",
    });
    expect(value(await dialect().repositories?.(context, null))).toEqual({
      items: ["team/app"],
      next: "more",
    });
  });
});
