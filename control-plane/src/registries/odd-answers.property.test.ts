import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";
import { mediaTypes, parseConfig, parseManifest } from "./manifest.ts";
import { nextPage } from "./pagination.ts";
import { retryAfterMs } from "./rate-budget.ts";
import { isTag, parseReference } from "./reference.ts";

/*
 * What a registry, or who stands between, may send: anything. Nothing of it makes an exception, or more than
 * there was. fast-check prints the seed of a case that fails.
 */

/** Texts that are near to what is expected, and others. */
const pieces = fc.constantFrom(
  ...["Bearer", "Basic", "realm", "scope", "=", ",", '"', "\\", " ", ";", "<", ">", "rel", "next"],
  ...[
    "/v2/",
    "?n=2",
    "&last=",
    "https://",
    "@",
    ":",
    "/",
    ".",
    "-",
    "__",
    "sha256",
    "a".repeat(64),
  ],
  ...["__proto__", "constructor", "\u0000", "ü", "%", "[::1]", "localhost", "99999999999999999999"],
);
const near = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(""));
const text = fc.oneof(near, fc.string({ unit: "binary", maxLength: 400 }));
const current = new URL("https://registry.test/v2/app/tags/list?n=2");

/** JSON with the names that are looked for, and values that are not what they should be. */
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.jsonValue({ maxDepth: 2 }),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.dictionary(
    fc.constantFrom(
      ...["schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "digest"],
      ...[
        "size",
        "platform",
        "os",
        "architecture",
        "variant",
        "annotations",
        "created",
        "__proto__",
      ],
    ),
    fc.oneof(
      tie("value"),
      fc.constantFrom(
        ...mediaTypes.index,
        ...mediaTypes.image,
        `sha256:${"a".repeat(64)}`,
        -1,
        1e308,
      ),
    ),
  ),
})).object;
const types = fc.constantFrom(undefined, "", ...mediaTypes.index, ...mediaTypes.image, "text/html");

describe("what a registry sends", () => {
  test("as a challenge is read or left out", () => {
    fc.assert(
      fc.property(text, (header) => {
        const challenges = parseChallenges(header);
        expect(challenges.length).toBeLessThanOrEqual(header.length);
        for (const { parameters } of challenges) {
          expect(Object.getPrototypeOf(parameters)).toBe(Object.prototype);
        }
      }),
    );
  });

  test("as a Link never leads to another host, nor with another scheme", () => {
    fc.assert(
      fc.property(text, (link) => {
        const next = nextPage(`<${link}>; rel="next"`, current) ?? nextPage(link, current);
        expect(next?.origin ?? current.origin).toBe(current.origin);
        expect(next?.username ?? "").toBe("");
      }),
    );
  });

  test("as a time to wait is a number of milliseconds, or nothing", () => {
    fc.assert(
      fc.property(text, (header) => {
        const ms = retryAfterMs(header, 0);
        expect(ms === null || (Number.isFinite(ms) && ms >= 0)).toBe(true);
      }),
    );
  });

  test("as a manifest is one, or a sentence", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          value.map((one) => JSON.stringify(one)),
          text,
        ),
        types,
        (body, type) => {
          const read = parseManifest(Buffer.from(body), type, "app:v1");
          if (!read.ok) expect(read.message).toContain("app:v1");
          else expect(JSON.stringify(read.value).length).toBeLessThanOrEqual(body.length + 1000);
        },
      ),
    );
  });

  test("as a configuration is one, or nothing", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          value.map((one) => JSON.stringify(one)),
          text,
        ),
        (body) => {
          const config = parseConfig(Buffer.from(body));
          expect(
            config === null || config.created === null || Number.isFinite(config.created),
          ).toBe(true);
        },
      ),
    );
  });

  test("as a name is a reference that is written the same again, or a sentence", () => {
    fc.assert(
      fc.property(text, (name) => {
        const parsed = parseReference(name);
        if (!parsed.ok) {
          expect(parsed.message).toMatch(/\.$/);
          return;
        }
        const { domain, path, tag } = parsed.reference;
        expect(parseReference(`${domain}/${path}`)).toMatchObject({
          ok: true,
          reference: { domain, path },
        });
        expect(tag === null || isTag(tag)).toBe(true);
      }),
    );
  });
});

// Each takes longer than a test may if it reads its input again for each of its characters.
describe("a megabyte of", () => {
  const repeated = (piece: string) => piece.repeat(Math.ceil(1e6 / piece.length));
  test.each([
    '"',
    '\\"',
    "a=",
    "Bearer ",
    ",",
    " ",
    'Bearer realm="',
    "=",
    "<",
    ">",
    "<>",
    "<a>;",
    "a,",
  ])("%j is read once", (piece) => {
    const header = repeated(piece);
    parseChallenges(header);
    expect(nextPage(header, current)).toBeNull();
    expect(parseReference(header).ok).toBe(false);
    expect(retryAfterMs(header, 0)).toBeNull();
  });
});
