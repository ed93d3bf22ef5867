import { createHash, generateKeyPairSync, X509Certificate } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigError } from "../config.ts";
import { migrate } from "../database/migrate.ts";
import { openTestDatabase, schema, type TestDatabase } from "../database/test-database.ts";
import { secretsWith } from "../secrets.ts";
import { openAuthority } from "./certificate-authority.ts";
import { newCertificateRequest } from "./certificate-request.fixture.ts";
import { identityOf } from "./server-uri.ts";

let rig: TestDatabase;
const secrets = secretsWith("11".repeat(32));
const serverId = "0199b7a4-6c1e-7cc0-9a63-3f0d9c1b2e4f";

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

test("replicas that start together share one authority", async () => {
  const [one, two] = await Promise.all([
    openAuthority(rig.database, secrets),
    openAuthority(rig.database, secrets),
  ]);
  expect(one?.certificatePem).toBe(two?.certificatePem);
  const der = new X509Certificate(one?.certificatePem ?? "").raw;
  expect(one?.fingerprint).toBe(createHash("sha256").update(der).digest("base64url"));
});

test("the authority of an earlier version stays the same", async () => {
  const { certificatePem, fingerprint } = await openAuthority(rig.database, secrets);
  const [kept] = await rig.database<{ privateKey: Buffer }[]>`
    select private_key from certificate_authority`;
  const earlier = await openTestDatabase({ empty: true });
  try {
    const { owner: database } = earlier;
    const migrations = schema.migrations.filter(({ name }) => name < "0033");
    await migrate(database, { migrations, functions: [] });
    await database.unsafe(
      "insert into certificate_authority (certificate_pem, private_key) values ($1, $2)",
      [certificatePem, kept?.privateKey ?? null],
    );
    await migrate(database, schema);
    const authority = await openAuthority(database, secrets);
    expect(authority).toMatchObject({ certificatePem, fingerprint });
    expect(authority.trusted).toHaveLength(1);
  } finally {
    await earlier.close();
  }
});

test("another master key is refused with what to do", async () => {
  await openAuthority(rig.database, secrets);
  const other = openAuthority(rig.database, secretsWith("22".repeat(32)));
  await expect(other).rejects.toThrow(ConfigError);
  await expect(other).rejects.toThrow(/BRIDGEPORT_MASTER_KEY/);
});

test("a server's certificate carries our record of it, whatever the request says", async () => {
  const authority = await openAuthority(rig.database, secrets);
  const { csrPem, privateKey } = await newCertificateRequest(
    "CN=bridgeport://server/somebody-else",
  );
  const pem = await authority.issueForServer({ serverId, generation: 3 }, csrPem);
  const certificate = new X509Certificate(pem ?? "");
  expect(identityOf(certificate.subjectAltName)).toEqual({ serverId, generation: 3 });
  expect(certificate.subject).toBe(`CN=${serverId}`);
  expect(certificate.checkPrivateKey(privateKey)).toBe(true);
  expect(certificate.verify(new X509Certificate(authority.certificatePem).publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(364);
  expect(days).toBeLessThan(366);
});

test("the control plane's certificate names it", async () => {
  const authority = await openAuthority(rig.database, secrets);
  const { certificatePem } = await authority.issueForControlPlane();
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.checkHost("bridgeport-control-plane")).toBe("bridgeport-control-plane");
  expect(identityOf(certificate.subjectAltName)).toBeNull();
});

test("requests that prove nothing are refused", async () => {
  const authority = await openAuthority(rig.database, secrets);
  const { csrPem } = await newCertificateRequest("CN=x");
  const body = csrPem.split("\n");
  const forged = [...body.slice(0, -3), "A".repeat(24), ...body.slice(-2)].join("\n");
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  for (const bad of [
    "",
    "hello",
    forged,
    authority.certificatePem,
    weak.export({ type: "spki", format: "pem" }).toString(),
  ]) {
    expect(await authority.issueForServer({ serverId, generation: 1 }, bad)).toBeNull();
  }
});
