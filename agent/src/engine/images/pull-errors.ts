/**
 * What the engine's sentence about a failed pull says of the reason:
 * - `registry`: it could not be reached, or answered with an error of its own
 * - `login`: it wants other credentials
 * - `hidden`: it does not know the repository, or does not show it to these credentials
 * - `platform`: the image is for other machines
 * - `image`: the registry does not have it all, or what it has is no image that an engine can use
 */
export type PullReason = "registry" | "login" | "hidden" | "platform" | "image";

/*
 * Engines give nearly every failed pull the status 500, or 200 and the error in the stream, so that
 * only the sentence tells one reason from another. Docker 20.10, 26.1 and 28.5 say these, the last
 * with either image store; pull-errors.test.ts has what was recorded from each. A sentence that is not
 * known here has no reason, and must not be taken for one: `image` keeps the digest from being
 * deployed again.
 */
const sentences: readonly (readonly [PullReason, ...RegExp[]])[] = [
  // No connection, or one that ended.
  ["registry", /\bdial (tcp|udp)\b|\bproxyconnect tcp\b|\bread (tcp|udp) |\bwrite (tcp|udp) /],
  ["registry", /\bno such host\b|\bconnection (refused|reset by peer)\b|\bbroken pipe\b/],
  [
    "registry",
    /\b(i\/o|handshake) timeout\b|\bnet\/http: |\b(Client\.Timeout|deadline) exceeded\b/,
  ],
  ["registry", /^EOF$|" ?: EOF$|^unexpected EOF$/],
  ["registry", /\btls: |\bx509: |\bserver gave HTTP response to HTTPS client\b/],
  // An answer that is an error of its own.
  ["registry", /\btoomanyrequests\b|\b429 Too Many Requests\b|\bparsing HTTP 429\b/],
  ["registry", /\bunexpected (HTTP )?status\b/, /: 5\d\d\b/],
  ["login", /\bunexpected (HTTP )?status\b/, /: 40[13]\b/],
  ["login", /\bno basic auth credentials\b/],
  [
    "login",
    /(^|[ :])(unauthorized|denied)(:|$)|\bauthorization failed\b|\bauthentication required$/m,
  ],
  ["login", /\bparsing HTTP 40[13] response\b/],
  ["hidden", /\bname unknown\b/],
  ["platform", /\bno matching manifest for\b|\bno match for platform in manifest\b/],
  ["platform", /\bnot match the specified platform\b|\bcannot be used on this platform\b/],
  // Missing in the registry. Where a manifest is not found, containerd does not tell why.
  ["image", /\bmanifest unknown\b|\bunknown blob\b|\bblob unknown\b/],
  ["image", /\bcould not fetch content descriptor\b/, /: not found$/],
  ["image", /\bcontent at \S* not found\b/],
  // Of a kind that engines do not run.
  ["image", /\bunsupported (manifest )?media type\b|\bmissing signature key\b/],
  // Not what its digest says.
  ["image", /\bverification failed for digest\b|\bunexpected commit digest\b/],
  ["image", /\bfailed size validation\b/],
  // What its digest says, but broken.
  ["image", /\bchildren: invalid desc\b|\bunmarshal image config\b/],
  ["image", /\bunmarshal /, /\bimage\.Image\b/],
  ["image", /\blayers from manifest don't match\b|\bmismatched image rootfs\b|\bwrong diff id\b/],
  ["image", /\bfailed to (register|extract) layer\b/, /unexpected EOF|archive\/tar|gzip: |flate: /],
  // Any other answer with an error; containerd passes on the registry's own words, without the status.
  ["registry", /\berror from registry: /],
];

/** The reason that a sentence of the engine gives; null: none that is known. */
export function pullReason(message: string): PullReason | null {
  // Names and addresses are whatever people have chosen, and say nothing.
  const plain = message
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/https?:\/\/[^\s"]*[^\s":]/g, "url");
  const known = sentences.find(([, ...parts]) => parts.every((part) => part.test(plain)));
  return known?.[0] ?? null;
}
