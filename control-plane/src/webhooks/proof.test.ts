import { describe, expect, test } from "vitest";
import { signatureOf } from "./message.ts";
import { type Proof, provenBy, toSend } from "./proof.ts";

const secret = "s3cret/with+plus";
const body = Buffer.from('{"a":1}');
const right = signatureOf(secret, body);

function proven(proof: Proof, sent: { headers?: Record<string, string>; query?: string }): boolean {
  const headers = new Headers(sent.headers);
  const shown = {
    header: (name: string) => headers.get(name) ?? undefined,
    query: sent.query ?? "",
  };
  return provenBy([proof], secret, shown, body) === proof;
}

describe("a signature in its header", () => {
  const proof: Proof = { kind: "signature", header: "X-Gitea-Signature" };
  test.each([
    [{ "X-Gitea-Signature": right }, true],
    [{ "X-Gitea-Signature": secret }, false],
    [{ "X-Other-Signature": right }, false],
    [{}, false],
  ])("%j: %s", (headers, accepted) => {
    expect(proven(proof, { headers: headers as Record<string, string> })).toBe(accepted);
  });
});

describe("a signature that may be of a time, too", () => {
  const proof: Proof = { kind: "timed_signature", header: "X-Webhook-Signature" };
  const timed = { "X-Webhook-Delivery": "d-1", "X-Webhook-Timestamp": "1700000000" };
  const signature = signatureOf(secret, `d-1.1700000000.${body}`);
  test.each<[Record<string, string>, boolean]>([
    [{ "X-Webhook-Signature": right }, true],
    [{ "X-Webhook-Signature": right, "X-Webhook-Delivery": "d-1" }, true],
    [{ "X-Webhook-Signature": signature, ...timed }, true],
    [{ "X-Webhook-Signature": `sha256=${signature}`, ...timed }, true],
    // Neither the time nor the delivery can be another one, or be left out.
    [{ "X-Webhook-Signature": right, ...timed }, false],
    [{ "X-Webhook-Signature": signature, ...timed, "X-Webhook-Timestamp": "1700000001" }, false],
    [{ "X-Webhook-Signature": signature, ...timed, "X-Webhook-Delivery": "d-2" }, false],
    [{ "X-Webhook-Signature": signature, "X-Webhook-Delivery": "d-1" }, false],
    [{ "X-Webhook-Signature": signature, "X-Webhook-Timestamp": "1700000000" }, false],
  ])("%j: %s", (headers, accepted) => {
    expect(proven(proof, { headers })).toBe(accepted);
  });
});

describe("the secret in a header", () => {
  test.each([
    ["X-Gitlab-Token", secret, true],
    ["X-Gitlab-Token", `Bearer ${secret}`, false],
    ["X-Gitlab-Token", right, false],
    ["Authorization", secret, true],
    ["Authorization", `Bearer ${secret}`, true],
    ["Authorization", `bearer  ${secret}`, true],
    ["Authorization", `Basic ${secret}`, false],
    ["Authorization", "Bearer ", false],
  ])("%s: %s: %s", (header, sent, accepted) => {
    expect(proven({ kind: "secret", header }, { headers: { [header]: sent } })).toBe(accepted);
  });
});

describe("a bearer token", () => {
  test.each([
    [`Bearer ${secret}`, true],
    [secret, false],
    ["Bearer other", false],
  ])("%s: %s", (sent, accepted) => {
    expect(proven({ kind: "bearer" }, { headers: { Authorization: sent } })).toBe(accepted);
  });
});

describe("the secret in the query", () => {
  test.each([
    [`?secret=${encodeURIComponent(secret)}`, true],
    // As a person writes it who does not encode it.
    [`?secret=${secret}`, true],
    [`?a=b&secret=${secret}`, true],
    ["?secret=", false],
    ["?secret", false],
    ["?secret=%00", false],
    ["?secret=%zz", false],
    [`?token=${secret}`, false],
    ["", false],
  ])("%s: %s", (query, accepted) => {
    expect(proven({ kind: "query" }, { query })).toBe(accepted);
    expect(proven({ kind: "bearer" }, { query })).toBe(false);
  });
});

test("one of several is enough, and what to send is said of each", () => {
  const proofs: Proof[] = [
    { kind: "signature", header: "X-JFrog-Event-Auth" },
    { kind: "secret", header: "X-JFrog-Event-Auth" },
  ];
  const shows = (sent: string) =>
    provenBy(proofs, secret, { header: () => sent, query: "" }, body)?.kind;
  expect([right, secret, "other"].map(shows)).toEqual(["signature", "secret", undefined]);
  expect(toSend(proofs, "S")).toBe(
    "the HMAC-SHA256 of the body by S, in hexadecimal, in X-JFrog-Event-Auth, or S in the header X-JFrog-Event-Auth",
  );
});
