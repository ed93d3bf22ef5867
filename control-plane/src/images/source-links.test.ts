import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noFacts } from "../registries/image-facts.ts";
import { compareUrl, sourceLinks, sourceRepository } from "./source-links.ts";

const a = "0123456789abcdef0123456789abcdef01234567";
const b = "fedcba9876543210fedcba9876543210fedcba98";

describe("the repository of a source", () => {
  const shop = "https://github.com/acme/shop";
  test.each([
    "https://github.com/acme/shop",
    "https://github.com/acme/shop/",
    "https://github.com/acme/shop.git",
    "https://github.com/acme/shop.git/",
    "http://github.com/acme/shop",
    "https://GitHub.com/acme/shop",
    "https://www.github.com/acme/shop",
    "https://github.com:443/acme/shop",
    "https://github.com//acme//shop",
    "https://github.com/acme/shop/tree/main/images/shop",
    "https://github.com/acme/shop/blob/v1.0.0/Dockerfile",
    "https://github.com/acme/shop/commit/0123456",
    "https://github.com/acme/shop#readme",
    "https://github.com/acme/shop.git#main:images/shop",
    "https://github.com/acme/shop?tab=readme",
    "github.com/acme/shop",
    "git@github.com:acme/shop.git",
    "git@github.com:acme/shop",
    "git@github.com:/acme/shop.git",
    "github.com:acme/shop.git",
    "ssh://git@github.com/acme/shop.git",
    "ssh://git@github.com:22/acme/shop",
    "ssh://git@ssh.github.com:443/acme/shop.git",
    "git+ssh://git@github.com/acme/shop.git",
    "git+https://github.com/acme/shop.git",
    "git://github.com/acme/shop.git",
    "https://user:secret@github.com/acme/shop",
  ])("%s", (source) => {
    expect(sourceRepository(source)).toEqual({ url: shop, host: "github" });
    expect(sourceLinks({ ...noFacts, source }).source).toBe(shop);
  });

  test.each([
    ["https://gitlab.com/acme/shop", "gitlab", "https://gitlab.com/acme/shop"],
    [
      "https://gitlab.com/acme/web/front/shop.git",
      "gitlab",
      "https://gitlab.com/acme/web/front/shop",
    ],
    [
      "https://gitlab.com/acme/web/shop/-/tree/main/x",
      "gitlab",
      "https://gitlab.com/acme/web/shop",
    ],
    ["https://gitlab.com/acme/shop/tree/main", "gitlab", "https://gitlab.com/acme/shop"],
    [
      "https://gitlab.com/acme/shop/-/blob/main/Dockerfile",
      "gitlab",
      "https://gitlab.com/acme/shop",
    ],
    ["git@gitlab.com:acme/web/shop.git", "gitlab", "https://gitlab.com/acme/web/shop"],
    ["ssh://git@altssh.gitlab.com:443/acme/shop.git", "gitlab", "https://gitlab.com/acme/shop"],
    ["https://gitlab.example.com/acme/shop", "gitlab", "https://gitlab.example.com/acme/shop"],
    ["https://my-gitlab.example.com:8443/a/b", "gitlab", "https://my-gitlab.example.com:8443/a/b"],
    ["http://gitlab.intern/acme/shop", "gitlab", "http://gitlab.intern/acme/shop"],
    ["ssh://git@gitlab.example.com:2222/a/b.git", "gitlab", "https://gitlab.example.com/a/b"],
    ["https://codeberg.org/acme/shop", "gitea", "https://codeberg.org/acme/shop"],
    ["http://codeberg.org/acme/shop/src/branch/main", "gitea", "https://codeberg.org/acme/shop"],
    ["https://gitea.example.com/acme/shop.git", "gitea", "https://gitea.example.com/acme/shop"],
    ["http://gitea.lan:3000/acme/shop", "gitea", "http://gitea.lan:3000/acme/shop"],
    ["git@forgejo.example.com:acme/shop.git", "gitea", "https://forgejo.example.com/acme/shop"],
    [
      "https://github.example.com/acme/shop/tree/main",
      "github",
      "https://github.example.com/acme/shop",
    ],
  ])("%s", (source, host, url) => {
    expect(sourceRepository(source)).toEqual({ url, host });
  });

  test.each([
    null,
    "",
    "acme/shop",
    "acme",
    "https://github.com",
    "https://github.com/acme",
    "https://github.com/acme/.git",
    "https://github.com/orgs/acme",
    "https://github.com/acme/%2e%2e%2fshop",
    "https://github.com/acme/sh op",
    "https://gist.github.com/acme/0123456789",
    "https://api.github.com/repos/acme/shop",
    "https://raw.githubusercontent.com/acme/shop",
    "https://acme.github.io/shop/docs",
    "https://acme.gitlab.io/web/shop",
    "https://gitlab.com/groups/acme",
    "https://notgithub.com/acme/shop",
    "https://github.com.evil.example/",
    "https://example.com/github.com/acme/shop",
    "https://bitbucket.org/acme/shop",
    "ftp://github.com/acme/shop",
    "javascript://github.com/acme/shop",
    "file:///srv/github.com/acme/shop",
    "C:\\src\\shop",
  ])("%s names none that is known", (source) => {
    expect(sourceRepository(source)).toBeNull();
    const { revision, release } = sourceLinks({
      ...noFacts,
      source,
      revision: a,
      version: "1.0.0",
    });
    expect([revision, release]).toEqual([null, null]);
  });

  test("an address of another host leads there all the same", () => {
    const links = (source: string) => sourceLinks({ ...noFacts, source }).source;
    expect(links("https://bitbucket.org/acme/shop")).toBe("https://bitbucket.org/acme/shop");
    expect(links("git@bitbucket.org:acme/shop.git")).toBeNull();
    expect(links("javascript://github.com/%0aalert(1)")).toBeNull();
  });

  test("is never something else than a web address without credentials, whatever is said", () => {
    const piece = fc.constantFrom(
      ...["https:", "//", "/", "git@", "user:secret@", "github.com", "gitlab.com", ":", "acme"],
      ...["shop", ".git", "#", "?", "-", "tree", "..", "%2f", "javascript:", "\\", " ", "é"],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const found = sourceRepository(pieces.join(""));
        if (found === null) return;
        expect(found.url).toMatch(/^https?:\/\/[a-z0-9.-]+(?::\d+)?(?:\/[\w.~-]+){2,}$/);
        expect(found.url).not.toContain("secret");
      }),
    );
  });
});

describe("the comparison of two images", () => {
  const of = (source: string | null, revision: string | null) => ({ source, revision });
  const github = "https://github.com/acme/shop";

  test.each([
    [github, `https://github.com/acme/shop/compare/${a}...${b}`],
    ["git@gitlab.com:acme/web/shop.git", `https://gitlab.com/acme/web/shop/-/compare/${a}...${b}`],
    ["https://gitlab.intern/acme/shop", `https://gitlab.intern/acme/shop/-/compare/${a}...${b}`],
    ["https://codeberg.org/acme/shop", `https://codeberg.org/acme/shop/compare/${a}...${b}`],
    ["https://gitea.lan/acme/shop", `https://gitea.lan/acme/shop/compare/${a}...${b}`],
  ])("at %s", (source, url) => {
    expect(compareUrl(of(source, a), of(source, b))).toBe(url);
  });

  test("takes another form of the same source, and where a repository was spelled otherwise", () => {
    expect(compareUrl(of("git@github.com:Acme/Shop.git", a), of(github, b))).toBe(
      `${github}/compare/${a}...${b}`,
    );
  });

  test.each([
    ["0123abc", "fedcba9"],
    ["v1.0.0", "v1.1.0"],
    ["refs/tags/v1.0.0", b],
    ["release-1.0", "RELEASE.2026-01-02T03-04-05Z"],
  ])("from %s to %s", (from, to) => {
    const name = (text: string) => text.replace("refs/tags/", "");
    expect(compareUrl(of(github, from), of(github, to))).toBe(
      `${github}/compare/${name(from)}...${name(to)}`,
    );
  });

  test.each([
    ["another source", of("https://github.com/acme/other", a), of(github, b)],
    ["another host", of("https://gitlab.com/acme/shop", a), of(github, b)],
    ["no source before", of(null, a), of(github, b)],
    ["no source now", of(github, a), of(null, b)],
    ["no revision before", of(github, null), of(github, b)],
    ["no revision now", of(github, a), of(github, null)],
    ["the same revision", of(github, a), of(github, a)],
    ["an unknown host", of("https://bitbucket.org/a/b", a), of("https://bitbucket.org/a/b", b)],
    ...[
      "main",
      "refs/heads/main",
      "HEAD",
      "unknown",
      "dirty",
      `${a}-dirty`,
      "20260102",
      "1234567",
    ].map((odd): [string, ReturnType<typeof of>, ReturnType<typeof of>] => [
      `the revision ${odd}`,
      of(github, odd),
      of(github, b),
    ]),
    ...[
      "abc",
      "a b",
      "../../evil",
      "a...b",
      "v1.0.0..v2",
      "-x",
      "https://evil.example/",
      "ä1234567",
    ].map((odd): [string, ReturnType<typeof of>, ReturnType<typeof of>] => [
      `the revision ${odd}`,
      of(github, a),
      of(github, odd),
    ]),
  ])("is not guessed with %s", (_name, from, to) => {
    expect(compareUrl(from, to)).toBeNull();
  });
});

describe("the release and the commit of an image", () => {
  const links = (version: string | null, source = "https://github.com/acme/shop") =>
    sourceLinks({ ...noFacts, source, revision: a, version });

  test.each([
    ["https://github.com/acme/shop", "releases/tag", "commit"],
    ["https://gitlab.com/acme/web/shop", "-/tags", "-/commit"],
    ["https://codeberg.org/acme/shop", "releases/tag", "commit"],
  ])("at %s", (source, release, commit) => {
    expect(links("v1.2.3", source)).toEqual({
      source,
      release: `${source}/${release}/v1.2.3`,
      revision: `${source}/${commit}/${a}`,
    });
  });

  test.each(["1.2.3", "v1.2.3", "1.2", "v1.2.3-rc.1", "2026.01.02", "2026-01-02", "release-1.2"])(
    "the version %s is a tag as it is labelled",
    (version) => {
      expect(links(version).release).toBe(`https://github.com/acme/shop/releases/tag/${version}`);
    },
  );

  test("what is special in an address is written so", () => {
    expect(links("1.2.3+build.5").release).toMatch(/\/tag\/1\.2\.3%2Bbuild\.5$/);
  });

  test.each([
    ...[null, "latest", "main", "edge", "7", "sha-0123456", "pr-12", "1.2.3 beta", "../1.2"],
    ...["v1.2.3-5-g0123abc", "1.2.3-dirty", "1.2-SNAPSHOT", "1..2", "1.2.lock", "0123abcdef"],
  ])("the version %s is none", (version) => {
    expect(links(version).release).toBeNull();
  });
});
