import { expect, test } from "vitest";
import { identityOf, serverUri } from "./server-uri.ts";

const serverId = "0199b7a4-6c1e-7cc0-9a63-3f0d9c1b2e4f";
const uri = serverUri({ serverId, generation: 0 });

test.each([0, 1, 12])("an agent's identity of generation %i is read back", (generation) => {
  const identity = { serverId, generation };
  expect(identityOf(`URI:${serverUri(identity)}`)).toEqual(identity);
});

test.each([
  undefined,
  "",
  "DNS:localhost",
  `URI:${serverUri({ serverId: "not-an-id", generation: 1 })}`,
  `URI:${uri}, DNS:example.com`,
  `DNS:x, URI:${uri}`,
  `URI:${uri}/more`,
  `URI:${uri}/0`,
  `URI:${uri}/-1`,
  `URI:${uri}/1/2`,
])("%s belongs to no server", (names) => {
  expect(identityOf(names)).toBeNull();
});
