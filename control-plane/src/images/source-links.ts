import type { ImageFacts } from "../registries/image-facts.ts";

/*
 * Addresses of an image's source code at GitHub, GitLab and Gitea, and at what is like them. They
 * are built from what the image says, never asked for, so there is one only where it is sure to
 * have the form that the host understands.
 */

/** A repository that can be looked at with a browser. */
export interface SourceRepository {
  /** without a slash at its end: `https://github.com/acme/shop` */
  url: string;
  host: "github" | "gitlab" | "gitea";
}

/** Where people can look something up; null: not known. */
export interface SourceLinks {
  /** the repository */
  source: string | null;
  /** the commit that the image was built from */
  revision: string | null;
  /** the release or tag of its version */
  release: string | null;
}

/** What is between a repository's address and the name of a commit, a comparison or a release. */
const places = {
  github: { commit: "commit", compare: "compare", release: "releases/tag" },
  gitlab: { commit: "-/commit", compare: "-/compare", release: "-/tags" },
  gitea: { commit: "commit", compare: "compare", release: "releases/tag" },
};

/** What an image's facts lead to. */
export function sourceLinks({ source, revision, version }: ImageFacts): SourceLinks {
  const repository = sourceRepository(source);
  if (repository === null) return { source: plainAddress(source), revision: null, release: null };
  const { commit, release } = places[repository.host];
  const hash = revision !== null && isHash(revision) ? revision : null;
  const tag = tagOf(version);
  return {
    source: repository.url,
    revision: hash && `${repository.url}/${commit}/${hash}`,
    release: tag && `${repository.url}/${release}/${encodeURIComponent(tag)}`,
  };
}

/**
 * Where the changes from one image to another can be read; null: their sources are not known to be
 * the same, their revisions are not known to be two commits or tags.
 */
export function compareUrl(
  from: Pick<ImageFacts, "source" | "revision">,
  to: Pick<ImageFacts, "source" | "revision">,
): string | null {
  const repository = sourceRepository(to.source);
  const before = sourceRepository(from.source);
  const [old, now] = [revisionOf(from.revision), revisionOf(to.revision)];
  if (repository === null || before === null || old === null || now === null) return null;
  // These hosts do not tell upper from lower case in the names of repositories.
  if (before.url.toLowerCase() !== repository.url.toLowerCase() || old === now) return null;
  const { compare } = places[repository.host];
  return `${repository.url}/${compare}/${encodeURIComponent(old)}...${encodeURIComponent(now)}`;
}

/**
 * The repository that a source names, in any of the forms that git and browsers take: `https://`,
 * `ssh://`, `git@host:path`, with `.git`, with the path of a file or branch, with a fragment.
 */
export function sourceRepository(source: string | null): SourceRepository | null {
  const place = source === null ? null : placeOf(source);
  if (place === null) return null;
  const host = hostKind(place.hostname);
  if (host === null) return null;
  const path = repositoryPath(place.path, host);
  return path === null ? null : { url: `${place.origin}/${path.join("/")}`, host };
}

/** An address that is not of a known host, if a browser can open it. */
function plainAddress(source: string | null): string | null {
  return source !== null && /^https?:\/\//.test(source) ? source : null;
}

interface Place {
  hostname: string;
  origin: string;
  path: string;
}

/** Hosts under which the same repositories are cloned by SSH through a firewall, and the like. */
const sameAs: Record<string, string> = {
  "www.github.com": "github.com",
  "ssh.github.com": "github.com",
  "altssh.gitlab.com": "gitlab.com",
  "www.gitlab.com": "gitlab.com",
};

function placeOf(source: string): Place | null {
  const short = /^(?:git@)?([\w.-]+)(?::(?!\/\/)|\/)(.*)$/.exec(source);
  const text = short === null ? source : `ssh://${short[1]}/${short[2]}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const scheme = url.protocol.replace(/^git\+/, "");
  if (!["https:", "http:", "ssh:", "git:"].includes(scheme)) return null;
  const hostname = sameAs[url.hostname.toLowerCase()] ?? url.hostname.toLowerCase();
  // The port of SSH or git says nothing of where the web pages are.
  const isWeb = scheme === "https:" || scheme === "http:";
  const port = isWeb && url.port !== "" ? `:${url.port}` : "";
  const secure =
    scheme !== "http:" || ["github.com", "gitlab.com", "codeberg.org"].includes(hostname);
  return {
    hostname,
    origin: `${secure ? "https" : "http"}://${hostname}${port}`,
    path: url.pathname,
  };
}

function hostKind(hostname: string): SourceRepository["host"] | null {
  if (hostname === "github.com") return "github";
  if (hostname === "gitlab.com") return "gitlab";
  if (hostname === "codeberg.org") return "gitea";
  // What these make of repositories is on other hosts: pages, raw files, snippets, APIs.
  if (/(?:^|\.)(?:github\.com|gitlab\.com|codeberg\.org)$/.test(hostname)) return null;
  if (/\.(?:github\.io|gitlab\.io|githubusercontent\.com|codeberg\.page)$/.test(hostname)) {
    return null;
  }
  if (hostname.includes("gitlab")) return "gitlab";
  if (/gitea|forgejo/.test(hostname)) return "gitea";
  return /(?:^|[.-])github(?:[.-]|$)/.test(hostname) ? "github" : null;
}

/** First parts of paths that are pages of the host itself. */
const pages = new Set([
  "-",
  "api",
  "explore",
  "settings",
  "users",
  "orgs",
  "groups",
  "marketplace",
]);

/** The names that make up the repository's path: two, at GitLab as many as its groups are deep. */
function repositoryPath(path: string, host: SourceRepository["host"]): string[] | null {
  const names = path.split("/").filter((name) => name !== "");
  let own = names.slice(0, 2);
  if (host === "gitlab") {
    const ends = names.findIndex(
      (name, at) => at >= 2 && (name === "-" || /^(?:tree|blob|commits?|tags|raw)$/.test(name)),
    );
    own = ends === -1 ? names : names.slice(0, ends);
  }
  const last = own.at(-1)?.replace(/\.git$/, "") ?? "";
  const whole = [...own.slice(0, -1), last];
  const isName = (name: string) => /^[\w.~-]+$/.test(name) && !/^\.{1,2}$/.test(name);
  return whole.length >= 2 && whole.every(isName) && !pages.has(whole[0] ?? "") ? whole : null;
}

/** A commit. Only figures may as well be a date or the number of a build, unless it is whole. */
function isHash(text: string): boolean {
  if (!/^[0-9a-f]{7,64}$/i.test(text)) return false;
  return text.length === 40 || text.length === 64 || !/^\d+$/.test(text);
}

/** What stays the same whenever it is looked at: a commit or a tag, and no branch. */
function revisionOf(text: string | null): string | null {
  if (text === null || isHash(text)) return text;
  return tagOf(text.replace(/^refs\/tags\//, ""));
}

/**
 * The git tag of a version, as it is labelled: `1.2.3` and `v1.2.3` are different tags, and which of
 * them there is only the image can say. null for what does not look like one: a branch, `latest`,
 * what `git describe` calls a commit between tags.
 */
function tagOf(version: string | null): string | null {
  if (version === null || !/^(?:v|(?:release|version)[-._]?)?\d+[.-]\d[\w.+~-]*$/i.test(version)) {
    return null;
  }
  const between = /-\d+-g[0-9a-f]{7,}(?:-dirty)?$|-dirty$|-SNAPSHOT$|\.\.|\.lock$|\.$|~/i;
  return between.test(version) ? null : version;
}
