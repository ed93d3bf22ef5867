import { expect, test } from "vitest";
import { serverIdOf, serverUri } from "./server-uri.ts";

const id = "0199b7a4-6c1e-7cc0-9a63-3f0d9c1b2e4f";

test("a server's identity is read back from its certificate", () => {
  expect(serverIdOf(`URI:${serverUri(id)}`)).toBe(id);
});

test.each([
  undefined,
  "",
  "DNS:localhost",
  `URI:${serverUri("not-an-id")}`,
  `URI:${serverUri(id)}, DNS:example.com`,
  `DNS:x, URI:${serverUri(id)}`,
  `URI:bridgeport://server/${id}/more`,
])("%s is nobody's", (names) => {
  expect(serverIdOf(names)).toBeNull();
});
