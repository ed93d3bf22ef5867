/**
 * Names of images, after the grammar of the distribution project: `[domain/]path[:tag][@digest]`.
 * A name without a domain belongs to Docker Hub, and a single component there to `library/`.
 * All matching is linear in the input: lengths are checked first and no expression backtracks.
 */

export interface ImageReference {
  /** where the image lives, lower case, with its port: `docker.io`, `host:5000`, `[::1]:5000` */
  domain: string;
  /** the repository in that registry: `library/nginx` */
  path: string;
  tag: string | null;
  /** `sha256:…` */
  digest: string | null;
}

export type ParsedReference =
  | { ok: true; reference: ImageReference }
  | { ok: false; message: string };

export const dockerHub = "docker.io";

const dockerHubAliases = new Set([dockerHub, "index.docker.io", "registry-1.docker.io"]);
const longestName = 255;
const longestTag = 128;
const longestDigest = 256;

const component = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
const hostLabel = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const tagShape = /^\w[\w.-]*$/;
const digestAlgorithm = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*$/;
const hexId = /^[0-9a-f]{64}$/;
const digestLengths: Record<string, number> = { sha256: 64, sha384: 96, sha512: 128 };

/** Whether a word can be a tag: 1 to 128 of `[A-Za-z0-9_.-]`, not starting with `.` or `-`. */
export function isTag(text: string): boolean {
  return text.length <= longestTag && tagShape.test(text);
}

/** Whether a word is a digest: `sha256:` and 64 lower-case hex digits, or another algorithm's. */
export function isDigest(text: string): boolean {
  if (text.length > longestDigest) return false;
  const colon = text.indexOf(":");
  const algorithm = text.slice(0, colon);
  const hex = text.slice(colon + 1);
  if (colon < 1 || !digestAlgorithm.test(algorithm)) return false;
  const length = digestLengths[algorithm];
  return length === undefined
    ? hex.length >= 32 && /^[0-9a-fA-F]+$/.test(hex)
    : hex.length === length && /^[0-9a-f]+$/.test(hex);
}

/** Whether an engine's word for an image is its id (whole or shortened) rather than a name. */
export function isImageId(text: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{64}$/.test(text) || /^sha256:[0-9a-f]{12,64}$/.test(text);
}

function refuse(message: string): ParsedReference {
  return { ok: false, message };
}

/** The domain in lower case, with the aliases of Docker Hub as `docker.io`. */
export function canonicalDomain(domain: string): string {
  const lower = domain.toLowerCase();
  return dockerHubAliases.has(lower) ? dockerHub : lower;
}

function isIpv6(text: string): boolean {
  if (text.length > 45 || !/^[0-9a-fA-F:]+$/.test(text)) return false;
  try {
    return new URL(`http://[${text}]/`).hostname.length > 0;
  } catch {
    return false;
  }
}

function isDomain(text: string): boolean {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::([0-9]{1,5}))?$/.exec(text);
  const host = match?.[1];
  if (match === null || host === undefined || host === "") return false;
  if (match[2] !== undefined && (Number(match[2]) < 1 || Number(match[2]) > 65535)) return false;
  if (host.startsWith("[")) return isIpv6(host.slice(1, -1));
  return host.split(".").every((label) => hostLabel.test(label));
}

/** A first component is a domain if no repository of Docker Hub could be called so. */
function looksLikeDomain(first: string): boolean {
  return /[.:[\]]/.test(first) || first === "localhost" || first !== first.toLowerCase();
}

/**
 * Reads an image reference as the Docker command line does. An outcome that is not `ok` carries a
 * sentence that says what is wrong with the text.
 */
export function parseReference(text: string): ParsedReference {
  if (text === "") return refuse("An image name is needed, such as registry.example.com/team/app.");
  if (text.length > longestName + longestTag + longestDigest + 2) {
    return refuse("This image name is too long: 255 characters are allowed.");
  }
  if (/\s/.test(text)) return refuse(`The image name "${text}" must not contain spaces.`);
  const scheme = /^([a-z]+):\/\//i.exec(text);
  if (scheme !== null) {
    return refuse(
      `The image name "${text}" must not start with ${scheme[0]}; write it as docker pull does.`,
    );
  }

  let rest = text;
  let digest: string | null = null;
  const at = rest.indexOf("@");
  if (at >= 0) {
    digest = rest.slice(at + 1);
    rest = rest.slice(0, at);
    const algorithm = digest.slice(0, Math.max(0, digest.indexOf(":")));
    if (!isDigest(digest) || digestLengths[algorithm] === undefined) {
      return refuse(
        `"${digest}" is not a digest; it looks like sha256: and 64 hexadecimal digits.`,
      );
    }
  }

  let tag: string | null = null;
  const slash = rest.lastIndexOf("/");
  const colon = rest.indexOf(":", slash + 1);
  if (colon >= 0) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!isTag(tag)) {
      return refuse(
        `"${tag}" is not a tag; a tag has 1 to 128 letters, digits, dots, dashes and underscores, and starts with a letter, a digit or an underscore.`,
      );
    }
  }

  const firstSlash = rest.indexOf("/");
  const first = firstSlash < 0 ? "" : rest.slice(0, firstSlash);
  let domain: string = dockerHub;
  let path = rest;
  if (firstSlash >= 0 && looksLikeDomain(first)) {
    if (!isDomain(first)) {
      return refuse(
        `"${first}" in the image name "${text}" is not a registry host such as registry.example.com:5000.`,
      );
    }
    domain = canonicalDomain(first);
    path = rest.slice(firstSlash + 1);
  }
  if (path !== path.toLowerCase()) {
    return refuse(`The image name "${text}" must be lower case; only the tag may have capitals.`);
  }
  if (!path.split("/").every((part) => component.test(part))) {
    return refuse(
      `The image name "${text}" is not valid; it is written as registry.example.com/team/app, with lower-case letters, digits and single separators.`,
    );
  }
  if (domain === dockerHub && !path.includes("/")) {
    if (path === rest && hexId.test(path)) {
      return refuse(`"${path}" is the id of an image, not a name.`);
    }
    path = `library/${path}`;
  }
  if (domain.length + 1 + path.length > longestName) {
    return refuse("This image name is too long: 255 characters are allowed.");
  }
  return { ok: true, reference: { domain, path, tag, digest } };
}

/** Reads a name that must come without tag and digest, as a container image has it. */
export function parseImageName(text: string): ParsedReference {
  const parsed = parseReference(text);
  if (!parsed.ok) return parsed;
  if (parsed.reference.digest !== null) {
    return refuse(`The image name "${text}" must not have a digest; leave out what follows the @.`);
  }
  if (parsed.reference.tag !== null) {
    return refuse(
      `The image name "${text}" must not have a tag; leave out ":${parsed.reference.tag}".`,
    );
  }
  return parsed;
}

/** The form in which names are compared: `docker.io/library/nginx`. */
export function normalizedName(reference: Pick<ImageReference, "domain" | "path">): string {
  return `${reference.domain}/${reference.path}`;
}

/** The short form that people write: `nginx`, `team/app`, `ghcr.io/team/app`. */
export function familiarName(reference: Pick<ImageReference, "domain" | "path">): string {
  if (reference.domain !== dockerHub) return normalizedName(reference);
  const official = /^library\/([^/]+)$/.exec(reference.path)?.[1];
  // Alone, 64 hexadecimal digits are the id of an image.
  return official === undefined || hexId.test(official) ? reference.path : official;
}

/**
 * What a deploy hands to an engine: `name:tag@sha256:…`, so that people still see a tag while the
 * digest decides.
 */
export function pinnedReference(imageName: string, tag: string | null, digest: string): string {
  return tag === null ? `${imageName}@${digest}` : `${imageName}:${tag}@${digest}`;
}

/** The name that a running container was started with, without tag and digest, as it was written. */
export function nameAsWritten(text: string): string {
  const at = text.indexOf("@");
  const bare = at < 0 ? text : text.slice(0, at);
  const colon = bare.indexOf(":", bare.lastIndexOf("/") + 1);
  return colon < 0 ? bare : bare.slice(0, colon);
}
