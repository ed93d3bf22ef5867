/*
 * What an image says of where it comes from. Two places say it: annotations of the manifest and of
 * the index, which were put on this very image, and labels of its configuration, which an image
 * inherits from the one it is built on. So an annotation counts before a label, the nearer
 * annotation before the farther one, and label-schema.org's names, which OCI's replaced, come last.
 *
 * Names: https://github.com/opencontainers/image-spec/blob/main/annotations.md and
 * http://label-schema.org/rc1/
 */

/** What is kept of it; null: it does not say, or what it says cannot be used. */
export interface ImageFacts {
  /** where its source code is: a web address, or what git clones; without credentials */
  source: string | null;
  revision: string | null;
  version: string | null;
  /** ISO 8601, UTC, with milliseconds */
  created: string | null;
  /** a web address (http or https) */
  url: string | null;
  /** a web address (http or https) */
  documentation: string | null;
  licenses: string | null;
}

export const noFacts: Readonly<ImageFacts> = {
  source: null,
  revision: null,
  version: null,
  created: null,
  url: null,
  documentation: null,
  licenses: null,
};

/** Labels or annotations as they come: anything may be in them. */
export type Marks = Readonly<Record<string, unknown>> | null | undefined;

const oci = "org.opencontainers.image.";
const older: Partial<Record<keyof ImageFacts, string>> = {
  source: "vcs-url",
  revision: "vcs-ref",
  version: "version",
  created: "build-date",
  url: "url",
  documentation: "usage",
};

const longest = { address: 1000, text: 200 };

/**
 * Reads what an image says of itself.
 *
 * A source and a revision belong together: what one place leaves open of the two is taken from
 * the next place only if that does not speak of another source or revision. Otherwise the commit
 * of a base image would be looked for in the repository of the image that was built on it.
 *
 * @param annotations the nearest to what runs first: of the manifest, of its entry in the index, of
 * the index
 * @param labels of the configuration
 */
export function imageFacts(annotations: readonly Marks[], labels: Marks): ImageFacts {
  const places = [
    ...[...annotations, labels].map((marks) => read(marks, (fact) => `${oci}${fact}`)),
    read(labels, (fact) => older[fact] && `org.label-schema.${older[fact]}`),
  ];
  const first = <K extends keyof ImageFacts>(fact: K): ImageFacts[K] | null =>
    places.map((place) => place[fact]).find((text) => text !== null) ?? null;
  const { source, revision } = places.reduce(completed);
  return {
    source,
    revision,
    version: first("version"),
    created: first("created"),
    url: first("url"),
    documentation: first("documentation"),
    licenses: first("licenses"),
  };
}

/** A source and its revision, with what another place says of what is still open. */
function completed(known: ImageFacts, other: ImageFacts): ImageFacts {
  if (known.source === null && known.revision === null) return { ...known, ...pair(other) };
  if (known.source === null && (other.revision ?? known.revision) === known.revision) {
    return { ...known, source: other.source };
  }
  if (known.revision === null && (other.source ?? known.source) === known.source) {
    return { ...known, revision: other.revision };
  }
  return known;
}

function pair({ source, revision }: ImageFacts) {
  return { source, revision };
}

function read(marks: Marks, nameOf: (fact: keyof ImageFacts) => string | undefined): ImageFacts {
  const value = (fact: keyof ImageFacts, most: number): string | null => {
    const name = nameOf(fact);
    return name !== undefined && marks != null && Object.hasOwn(marks, name)
      ? text(marks[name], most)
      : null;
  };
  return {
    source: sourceAddress(value("source", longest.address)),
    revision: value("revision", longest.text),
    version: value("version", longest.text),
    created: time(value("created", longest.text)),
    url: webAddress(value("url", longest.address)),
    documentation: webAddress(value("documentation", longest.address)),
    licenses: value("licenses", longest.text),
  };
}

/** A text that can be shown. One that is too long is left out: half an address or hash is wrong. */
function text(value: unknown, most: number): string | null {
  if (typeof value !== "string") return null;
  const trimmed = value.trim();
  const shows = trimmed !== "" && trimmed.length <= most && !/[\p{Cc}\p{Cs}]/u.test(trimmed);
  return shows ? trimmed : null;
}

/** null for what is no time, and for the epoch of builds that leave the time out. */
function time(value: string | null): string | null {
  const at = Date.parse(value ?? "");
  return Number.isFinite(at) && at > 0 ? new Date(at).toISOString() : null;
}

/** Names of parameters that hold a credential. */
const secretParameter = /token|secret|password|passwd|signature|credential|auth|api[-_]?key/i;

function webAddress(value: string | null): string | null {
  const url = parsed(value);
  return url !== null && isWeb(url) ? withoutCredentials(url) : null;
}

/** An address of source code: a URL of any scheme, or git's short form `git@host:path`. */
function sourceAddress(value: string | null): string | null {
  if (value === null) return null;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) {
    const url = parsed(value);
    return url === null ? null : withoutCredentials(url);
  }
  const short = /^(?:([^@/]*)@)?([\w.-]+[:/][^@]*)$/.exec(value);
  if (short === null) return null;
  // A user other than git's own may be a credential.
  return short[1] === "git" ? value : (short[2] ?? null);
}

function parsed(value: string | null): URL | null {
  return value !== null && URL.canParse(value) ? new URL(value) : null;
}

function isWeb({ protocol }: URL): boolean {
  return protocol === "http:" || protocol === "https:";
}

function withoutCredentials(url: URL): string {
  if (isWeb(url) || url.username !== "git") url.username = "";
  url.password = "";
  for (const name of new Set(url.searchParams.keys())) {
    if (secretParameter.test(name)) url.searchParams.delete(name);
  }
  if (url.hash.includes("=") && secretParameter.test(url.hash)) url.hash = "";
  return url.href;
}
