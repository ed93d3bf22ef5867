import { expect, test } from "vitest";
import { type Challenge, parseChallenges } from "./challenge.ts";

/*
 * What public tests of challenge readers agree on: those of distribution and regclient, and the
 * collection at greenbytes.de. The inputs and the outcomes are facts of the protocol; where readers
 * refuse, ours takes what is safe to take.
 */

const basic = (parameters: Record<string, string> = {}): Challenge => ({
  scheme: "basic",
  parameters,
});
const bearer = (parameters: Record<string, string> = {}): Challenge => ({
  scheme: "bearer",
  parameters,
});
const other = (parameters: Record<string, string> = {}): Challenge => ({
  scheme: "other",
  parameters,
});

test.each<[string, Challenge[]]>([
  // registries
  [
    'Bearer realm="https://auth.example.com/token",service="registry.example.com",other=fun,slashed="he\\"\\l\\lo"',
    [
      bearer({
        realm: "https://auth.example.com/token",
        service: "registry.example.com",
        other: "fun",
        slashed: 'he"llo',
      }),
    ],
  ],
  [
    'Bearer realm="https://ghcr.io/token",service="ghcr.io"',
    [bearer({ realm: "https://ghcr.io/token", service: "ghcr.io" })],
  ],
  ['Basic realm="GitHub Package Registry"', [basic({ realm: "GitHub Package Registry" })]],
  [
    'Bearer realm="https://registry.suse.com/auth",service="SUSE Linux Docker Registry",scope="registry:catalog:*",error="insufficient_scope"',
    [
      bearer({
        realm: "https://registry.suse.com/auth",
        service: "SUSE Linux Docker Registry",
        scope: "registry:catalog:*",
        error: "insufficient_scope",
      }),
    ],
  ],
  [
    'OAuth2 realm="https://registry.suse.com/auth"',
    [other({ realm: "https://registry.suse.com/auth" })],
  ],
  [
    "Bearer realm=https://auth.example.com/token?a=b,service=x",
    [bearer({ realm: "https://auth.example.com/token?a=b", service: "x" })],
  ],
  // how words may be written
  ['Basic realm="foo"', [basic({ realm: "foo" })]],
  ['Basic\r\n realm="foo"', [basic({ realm: "foo" })]],
  ['Basic\trealm="foo"', [basic({ realm: "foo" })]],
  ['BASIC REALM="foo"', [basic({ realm: "foo" })]],
  ['BaSiC ReAlM="Case insensitive key"', [basic({ realm: "Case insensitive key" })]],
  ["Basic realm=foo", [basic({ realm: "foo" })]],
  ["Basic realm=/", [basic({ realm: "/" })]],
  ["Basic realm=\\f\\o\\o", [basic({ realm: "\\f\\o\\o" })]],
  ["Basic realm='foo'", [basic({ realm: "'foo'" })]],
  ['Basic realm="foo%20bar"', [basic({ realm: "foo%20bar" })]],
  ['Basic realm="\\f\\o\\o"', [basic({ realm: "foo" })]],
  ['Basic realm="\\"foo\\""', [basic({ realm: '"foo"' })]],
  ['Basic realm="foo-ä"', [basic({ realm: "foo-ä" })]],
  ['Basic realm="=?ISO-8859-1?Q?foo-=E4?="', [basic({ realm: "=?ISO-8859-1?Q?foo-=E4?=" })]],
  ['Basic realm = "foo"', [basic({ realm: "foo" })]],
  ['Basic realm=""', [basic({ realm: "" })]],
  // commas
  ['Basic , realm="foo"', [basic({ realm: "foo" })]],
  ['Basic, realm="foo"', [basic({ realm: "foo" })]],
  ['Bearer realm="a" service="b"', [bearer({ realm: "a", service: "b" })]],
  [
    'Basic realm="foo", bar="xyz",, a=b,,,c=d',
    [basic({ realm: "foo", bar: "xyz", a: "b", c: "d" })],
  ],
  ['Basic bar="xyz", realm="foo"', [basic({ bar: "xyz", realm: "foo" })]],
  [',Basic realm="basic"', [basic({ realm: "basic" })]],
  // none, too many, disguised
  ["Basic", [basic()]],
  ["Bearer", [bearer()]],
  ['Basic realm="foo", realm="bar"', [basic({ realm: "bar" })]],
  [
    'Basic foo="realm=nottherealm", realm="basic"',
    [basic({ foo: "realm=nottherealm", realm: "basic" })],
  ],
  [
    'Basic nottherealm="nottherealm", realm="basic"',
    [basic({ nottherealm: "nottherealm", realm: "basic" })],
  ],
  // several challenges
  [
    'Basic realm="basic", Newauth realm="newauth"',
    [basic({ realm: "basic" }), other({ realm: "newauth" })],
  ],
  [
    'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple" ',
    [other({ realm: "apps", type: "1", title: 'Login to "apps"' }), basic({ realm: "simple" })],
  ],
  [
    'Newauth realm="Newauth Realm", basic=foo, Basic realm="Basic Realm" ',
    [other({ realm: "Newauth Realm", basic: "foo" }), basic({ realm: "Basic Realm" })],
  ],
  [
    'Basic speCial="paf ram", realm="basIC", Bearer, Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5',
    [
      basic({ special: "paf ram", realm: "basIC" }),
      bearer(),
      other({ realm: "http-auth@example.org", qop: "auth, auth-int", algorithm: "MD5" }),
    ],
  ],
  // a scheme with a token in the place of parameters
  ["Negotiate", [other()]],
  ["Negotiate abcdef", [other()]],
  ["Negotiate abcdef=", [other()]],
  ["Negotiate abcdef==", [other()]],
  ['Negotiate YII/+a==, Basic realm="x"', [other(), basic({ realm: "x" })]],
  ['Negotiate basic, Bearer realm="x"', [other(), bearer({ realm: "x" })]],
  ['Negotiate, Basic realm="x"', [other(), basic({ realm: "x" })]],
  // what follows a quote that is not closed is not read, so nothing in it is taken for a challenge
  ['Basic realm="basic', [basic()]],
  ['Basic realm="GitHub Package Registry', [basic()]],
  ['Basic realm="GitHub Package Registry\\\\', [basic()]],
  ['Basic realm="x\\", Bearer realm=evil', [basic()]],
])("%s", (header, wanted) => {
  expect(parseChallenges(header)).toEqual(wanted);
});
