import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const oidc = {
  BRIDGEPORT_OIDC_ISSUER: "https://id.example.com/realms/one/",
  BRIDGEPORT_OIDC_CLIENT_ID: "bridgeport",
  BRIDGEPORT_OIDC_CLIENT_SECRET: "do not show me",
  BRIDGEPORT_OIDC_GROUPS: "ops=admin,dev=operator@staging",
};

test("without its variables there is no identity provider", () => {
  expect(readConfig({}).oidc).toBeNull();
});

test("an identity provider is its issuer as it is written, a client, and what groups give", () => {
  const groups = [
    { group: "ops", role: "admin", environment: null },
    { group: "dev", role: "operator", environment: "staging" },
  ];
  const { BRIDGEPORT_OIDC_ISSUER: issuer, BRIDGEPORT_OIDC_CLIENT_SECRET: clientSecret } = oidc;
  const read = { issuer, clientId: "bridgeport", clientSecret, groups };
  expect(readConfig(oidc).oidc).toEqual(read);
  const { BRIDGEPORT_OIDC_CLIENT_SECRET: _, ...open } = oidc;
  expect(readConfig(open).oidc).toEqual({ ...read, clientSecret: null });
});

test.each([
  [{ BRIDGEPORT_OIDC_ISSUER: "" }, /^BRIDGEPORT_OIDC_ISSUER is not set/],
  [{ BRIDGEPORT_OIDC_CLIENT_ID: "" }, /^BRIDGEPORT_OIDC_CLIENT_ID is not set/],
  [{ BRIDGEPORT_OIDC_GROUPS: "" }, /^BRIDGEPORT_OIDC_GROUPS is not set/],
  [{ BRIDGEPORT_OIDC_GROUPS: "ops=root" }, /^BRIDGEPORT_OIDC_GROUPS="ops=root" cannot be used/],
  [{ BRIDGEPORT_OIDC_ISSUER: "http://id.example.com" }, /it takes the https:\/\/ URL/],
  [{ BRIDGEPORT_OIDC_ISSUER: "id.example.com" }, /it takes the https:\/\/ URL/],
])("%j says what is wrong, and shows no secret", (wrong, message) => {
  const read = () => readConfig({ ...oidc, ...wrong });
  expect(read).toThrow(message);
  expect(read).not.toThrow(/do not show me/);
});

test("a provider on this machine may do without TLS", () => {
  const issuer = "http://127.0.0.1:9000";
  expect(readConfig({ ...oidc, BRIDGEPORT_OIDC_ISSUER: issuer }).oidc?.issuer).toBe(issuer);
});

test("the password of the database may come apart from its URL", () => {
  const DATABASE_PASSWORD = "p@ss/w%rd";
  const { databaseUrl } = readConfig({
    DATABASE_URL: "postgres://someone@db.corp:5432/bridgeport",
    DATABASE_PASSWORD,
  });
  expect(databaseUrl).toBe("postgres://someone:p%40ss%2Fw%25rd@db.corp:5432/bridgeport");
  const { migrationUrl } = readConfig({
    DATABASE_URL: "postgres://someone@db.corp/bridgeport",
    DATABASE_MIGRATION_URL: "postgres://owner@db.corp/bridgeport",
    DATABASE_MIGRATION_PASSWORD: "own/er",
  });
  expect(migrationUrl).toBe("postgres://owner:own%2Fer@db.corp/bridgeport");
  expect(() => readConfig({ DATABASE_URL: "postgres://someone:100%@db.corp/bridgeport" })).toThrow(
    /^DATABASE_URL=.*written as %25/,
  );
  const both = { DATABASE_URL: "postgres://someone:else@db.corp/bridgeport", DATABASE_PASSWORD };
  for (const [env, message] of [
    [{ DATABASE_PASSWORD }, /DATABASE_URL is not set/],
    [both, /DATABASE_URL has a password already/],
  ] as const) {
    expect(() => readConfig(env)).toThrow(message);
    expect(() => readConfig(env)).not.toThrow(/w%rd/);
  }
});

test("with a certificate the console is reached by https", () => {
  const tls = { BRIDGEPORT_TLS_CERT: "tls.crt", BRIDGEPORT_TLS_KEY: "tls.key" };
  const url = (env: Record<string, string>) => readConfig({ ...tls, ...env }).publicUrl;
  expect(readConfig(tls).tls).toEqual({ cert: "tls.crt", key: "tls.key" });
  expect(readConfig({}).tls).toBeNull();
  expect(url({ BRIDGEPORT_HTTP_ADDR: "0.0.0.0:8443" })).toBe("https://127.0.0.1:8443");
  expect(url({ BRIDGEPORT_PUBLIC_URL: "https://console.corp/" })).toBe("https://console.corp");
  expect(() => url({ BRIDGEPORT_PUBLIC_URL: "http://console.corp" })).toThrow(
    /^BRIDGEPORT_PUBLIC_URL="http:.*by https:\/\/ only/,
  );
  expect(() => readConfig({ BRIDGEPORT_TLS_CERT: "x" })).toThrow(/^BRIDGEPORT_TLS_KEY is not set/);
  expect(() => readConfig({ BRIDGEPORT_TLS_KEY: "x" })).toThrow(/^BRIDGEPORT_TLS_CERT is not set/);
});

test("traces are sent where a collector is named, unless they are switched off", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
  expect(readConfig({}).traces).toBe(false);
  expect(readConfig(endpoint).traces).toBe(true);
  expect(readConfig({ ...endpoint, OTEL_SDK_DISABLED: "true" }).traces).toBe(false);
  expect(readConfig({ ...endpoint, OTEL_TRACES_EXPORTER: "none" }).traces).toBe(false);
  expect(() => readConfig({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toThrow(
    'OTEL_EXPORTER_OTLP_PROTOCOL="grpc" cannot be used: it takes one of http/protobuf.',
  );
  expect(() => readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" })).toThrow(
    /OTEL_EXPORTER_OTLP_ENDPOINT=.* http:\/\//,
  );
});
