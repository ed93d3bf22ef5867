import { describe, expect, test } from "vitest";
import { pullReason } from "./pull-errors.ts";

/*
 * What engines said when a registry was spoilt in all the ways of pull.engine.test.ts and more:
 * recorded from Docker 20.10, 26.1 and 28.5, the last with containerd and with its graph driver. Ports
 * and digests were made shorter.
 */

describe("registry", () => {
  test.each([
    "error from registry: unknown",
    "error from registry: no token",
    'failed to resolve reference "127.0.0.1:1/app@sha256:0f": failed to do request: Head "https://127.0.0.1:1/v2/app/manifests/sha256:0f": dial tcp 127.0.0.1:1: connect: connection refused',
    'failed to resolve reference "registry.invalid/app@sha256:0f": failed to do request: Head "https://registry.invalid/v2/app/manifests/sha256:0f": dial tcp: lookup registry.invalid on 10.0.0.2:53: no such host',
    'failed to resolve reference "192.0.2.2:5000/app@sha256:0f": failed to do request: Head "https://192.0.2.2:5000/v2/app/manifests/sha256:0f": tls: failed to verify certificate: x509: cannot validate certificate for 192.0.2.2 because it doesn\'t contain any IP SANs',
    'failed to resolve reference "192.0.2.2:5000/app@sha256:0f": failed to do request: Head "https://192.0.2.2:5000/v2/app/manifests/sha256:0f": http: server gave HTTP response to HTTPS client',
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": unexpected status from HEAD request to http://127.0.0.1:5000/v2/app/manifests/sha256:0f: 429 Too Many Requests',
    "unknown: failed to copy: httpReadSeeker: failed open: unexpected status from GET request to http://127.0.0.1:5000/v2/app/blobs/sha256:0f: 429 Too Many Requests",
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": unexpected status from HEAD request to http://127.0.0.1:5000/v2/app/manifests/sha256:0f: 500 Internal Server Error',
    "unknown: failed to copy: httpReadSeeker: failed open: unexpected status from GET request to http://127.0.0.1:5000/v2/app/blobs/sha256:0f: 500 Internal Server Error",
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": unexpected status from HEAD request to http://127.0.0.1:5000/v2/app/manifests/sha256:0f: 503 Service Unavailable',
    "unknown: failed to copy: httpReadSeeker: failed open: unexpected status from GET request to http://127.0.0.1:5000/v2/app/blobs/sha256:0f: 503 Service Unavailable",
    'failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://127.0.0.1:5000/v2/app/blobs/sha256:0f": EOF',
    'failed to resolve reference "127.0.0.1:5000/app@sha256:0f": failed to authorize: failed to fetch anonymous token: Get "http://127.0.0.1:1/token?scope=repository%3Aapp%3Apull&service=x": dial tcp 127.0.0.1:1: connect: connection refused',
    'failed to resolve reference "127.0.0.1:5000/app@sha256:0f": failed to authorize: failed to fetch anonymous token: Get "http://auth.invalid/token?scope=repository%3Aapp%3Apull&service=x": dial tcp: lookup auth.invalid on 10.0.0.2:53: no such host',
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to http://127.0.0.1:5000/nothing?scope=repository%3Aapp%3Apull&service=x: 503 Service Unavailable',
    'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    'Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.0.0.2:53: no such host',
    'Get "https://192.0.2.2:5000/v2/": tls: failed to verify certificate: x509: cannot validate certificate for 192.0.2.2 because it doesn\'t contain any IP SANs',
    'Get "https://192.0.2.2:5000/v2/": http: server gave HTTP response to HTTPS client',
    "toomanyrequests: <html>bad</html>",
    "toomanyrequests: spoilt",
    "error pulling image configuration: download failed after attempts=1: toomanyrequests: <html>bad</html>",
    "received unexpected HTTP status: 500 Internal Server Error",
    "error pulling image configuration: download failed after attempts=6: received unexpected HTTP status: 500 Internal Server Error",
    "received unexpected HTTP status: 503 Service Unavailable",
    "error pulling image configuration: download failed after attempts=6: received unexpected HTTP status: 503 Service Unavailable",
    "unexpected EOF",
    "EOF",
    'Get "http://127.0.0.1:5000/v2/app/manifests/sha256:0f": EOF',
    'Get "http://127.0.0.1:5000/v2/app/manifests/sha256:0f": Get "http://127.0.0.1:1/token?scope=repository%3Aapp%3Apull&service=x": dial tcp 127.0.0.1:1: connect: connection refused',
    'Get "http://127.0.0.1:5000/v2/app/manifests/sha256:0f": Get "http://auth.invalid/token?scope=repository%3Aapp%3Apull&service=x": dial tcp: lookup auth.invalid on 10.0.0.2:53: no such host',
    'Get "http://127.0.0.1:5000/v2/app/manifests/sha256:0f": received unexpected HTTP status: 503 Service Unavailable',
    'Get "https://192.0.2.2:5000/v2/": x509: cannot validate certificate for 192.0.2.2 because it doesn\'t contain any IP SANs',
    "error parsing HTTP 429 response body: invalid character '<' looking for beginning of value: \"<html>bad</html>\"",
    "error pulling image configuration: download failed after attempts=1: error parsing HTTP 429 response body: invalid character '<' looking for beginning of value: \"<html>bad</html>\"",
  ])("%s", (sentence) => {
    expect(pullReason(sentence)).toBe("registry");
  });
});

describe("login", () => {
  test.each([
    "error from registry: requested access to the resource is denied",
    "error from registry: authentication required",
    "error from registry: unauthorized\nunauthorized",
    'failed to resolve reference "127.0.0.1:5000/app@sha256:0f": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": unexpected status from HEAD request to http://127.0.0.1:5000/v2/app/manifests/sha256:0f: 401 Unauthorized',
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": unexpected status from HEAD request to http://127.0.0.1:5000/v2/app/manifests/sha256:0f: 403 Forbidden',
    'Get "http://127.0.0.1:5000/v2/app/manifests/sha256:0f": no basic auth credentials',
    "unauthorized",
    "denied",
    'Get "http://127.0.0.1:5000/v2/app/manifests/sha256:0f": unauthorized: no token',
  ])("%s", (sentence) => {
    expect(pullReason(sentence)).toBe("login");
  });
});

describe("hidden", () => {
  test.each(["name unknown"])("%s", (sentence) => {
    expect(pullReason(sentence)).toBe("hidden");
  });
});

describe("platform", () => {
  test.each([
    "no matching manifest for linux/amd64 in the manifest list entries: no match for platform in manifest: not found",
    "no matching manifest for linux/arm64 in the manifest list entries: no match for platform in manifest: not found",
    "no matching manifest for linux/amd64 in the manifest list entries",
    "no matching manifest for linux/arm64 in the manifest list entries",
    'image operating system "windows" cannot be used on this platform: operating system is not supported',
    "image with reference 127.0.0.1:5000/app@sha256:0f was found but does not match the specified platform: wanted linux/arm64, actual: linux/s390x",
    'image operating system "windows" cannot be used on this platform',
  ])("%s", (sentence) => {
    expect(pullReason(sentence)).toBe("platform");
  });
});

describe("image", () => {
  test.each([
    "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:0f (application/vnd.docker.container.image.v1+json) from remote: not found",
    "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:0f (application/vnd.docker.image.rootfs.diff.tar.gzip) from remote: not found",
    'failed commit on ref "layer-sha256:0f": commit failed: unexpected commit digest sha256:0f, expected sha256:0f: failed precondition',
    'failed commit on ref "layer-sha256:0f": commit failed: "layer-sha256:0f" failed size validation: 374 != 324: failed precondition',
    'failed commit on ref "config-sha256:0f": commit failed: unexpected commit digest sha256:0f, expected sha256:0f: failed precondition',
    "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:0f (application/vnd.example.thing+json) from remote: not found",
    "failed to copy: httpReadSeeker: failed open: could not fetch content descriptor sha256:0f (application/vnd.docker.distribution.manifest.v1+json) from remote: not found",
    "children: invalid desc sha256:0f: invalid character 'o' in literal null (expecting 'u')",
    "failed to unpack image on snapshotter overlayfs: mismatched image rootfs and manifest layers",
    'wrong diff id calculated on extraction "sha256:0f"',
    'failed to extract layer (application/vnd.docker.image.rootfs.diff.tar.gzip sha256:0f) to overlayfs as "extract-137186724-7Fi6 sha256:0f": unexpected EOF',
    "unmarshal image config: json: cannot unmarshal array into Go value of type unpack.unpackConfig",
    "failed to copy: httpReadSeeker: failed open: content at https://127.0.0.1:5000/v2/app/manifests/sha256:0f not found: not found",
    "error pulling image configuration: download failed after attempts=1: unknown blob",
    "unknown blob",
    "filesystem layer verification failed for digest sha256:0f",
    "error pulling image configuration: image config verification failed for digest sha256:0f",
    "manifest unknown",
    "missing signature key",
    "unsupported media type application/vnd.cncf.helm.config.v1+json",
    "unsupported media type application/vnd.example.layer",
    "layers from manifest don't match image configuration",
    "failed to register layer: unexpected EOF",
    "json: cannot unmarshal array into Go value of type image.Image",
    "failed to register layer: Error processing tar file(exit status 1): unexpected EOF",
  ])("%s", (sentence) => {
    expect(pullReason(sentence)).toBe("image");
  });
});

describe("None", () => {
  test.each([
    "short read: expected 324 bytes but got 9: unexpected EOF",
    "short read: expected 587 bytes but got 19: unexpected EOF",
    'failed to resolve reference "127.0.0.1:5000/app@sha256:0f": 127.0.0.1:5000/app@sha256:0f: not found',
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": unexpected status from HEAD request to http://127.0.0.1:5000/v2/app/manifests/sha256:0f: 400 Bad Request',
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": unexpected status from HEAD request to http://127.0.0.1:5000/v2/app/manifests/sha256:0f: 406 Not Acceptable',
    'unknown: failed to resolve reference "127.0.0.1:5000/app@sha256:0f": unexpected status from HEAD request to http://127.0.0.1:5000/v2/app/manifests/sha256:0f: 451 Unavailable For Legal Reasons',
    "mediaType in manifest should be 'application/vnd.docker.distribution.manifest.v2+json' not ''",
    "unknown: <html>not here</html>",
    "manifest invalid",
    "unknown: not acceptable",
    "unknown: no",
    "invalid character 'o' in literal null (expecting 'u')",
    "error parsing HTTP 404 response body: invalid character '<' looking for beginning of value: \"<html>not here</html>\"",
    "error parsing HTTP 406 response body: invalid character 'o' in literal null (expecting 'u'): \"not acceptable\"",
    "error parsing HTTP 451 response body: invalid character 'o' in literal null (expecting 'u'): \"no\"",
  ])("%s", (sentence) => {
    expect(pullReason(sentence)).toBe(null);
  });
});

// Not recorded, as they take long or another network: what Go's network code says.
test.each([
  'Get "https://registry.example/v2/": dial tcp 203.0.113.9:443: i/o timeout',
  'Get "https://registry.example/v2/": net/http: TLS handshake timeout',
  'Get "https://registry.example/v2/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  'Get "https://registry.example/v2/": net/http: request canceled while waiting for connection',
  'Get "https://registry.example/v2/": read tcp 10.0.0.3:41000->203.0.113.9:443: read: connection reset by peer',
  'Get "https://registry.example/v2/": proxyconnect tcp: dial tcp 10.0.0.4:3128: connect: no route to host',
  "toomanyrequests: You have reached your pull rate limit.",
])("%s: the registry", (sentence) => {
  expect(pullReason(sentence)).toBe("registry");
});

test("names and addresses say nothing", () => {
  for (const name of ["denied", "unauthorized", "tls", "x509", "manifest unknown", "EOF"]) {
    expect(
      pullReason(`failed to resolve reference "r.example/${name}: 503": who knows`),
    ).toBeNull();
    expect(pullReason(`failed: https://r.example/${name}:/v2: who knows`)).toBeNull();
  }
});

test.each([
  "failed to register layer: write /bin/app: no space left on device",
  "failed to register layer: lchown /etc: operation not permitted",
  'failed to extract layer to overlayfs as "extract-1": mount callback failed: no space left on device',
  "Error processing tar file(exit status 1): Error cleaning up temp: device busy",
])("a problem of the server is not the image's: %s", (sentence) => {
  expect(pullReason(sentence)).toBeNull();
});
