import fc from "fast-check";
import { expect, test } from "vitest";
import { agentLinkService, encodeAgentMessage, readAgentMessage } from "./index.ts";
import type { AgentMessage } from "./messages.ts";

/*
 * An agent may send any bytes. They are a message, or the reason why not, and never an exception; a message is
 * not larger than what was sent. fast-check prints the seed of a case that fails.
 */

const messages: AgentMessage[] = [
  { kind: "goodbye", reason: "stopping" },
  { kind: "accepted", commandId: "0199b7a4-6c1e-7cc0-9a63-3f0d9c1b2e4f" },
  { kind: "change", sequence: 7, change: { removedId: "abc" } },
];
const valid = messages.map((message) =>
  agentLinkService.Connect?.requestSerialize(encodeAgentMessage(message)),
);

/** Of a message that is right: bytes changed, cut off, doubled. */
const damaged = fc
  .record({
    bytes: fc.constantFrom(...valid.map((one) => one ?? Buffer.alloc(0))),
    changes: fc.array(fc.record({ at: fc.nat(200), to: fc.nat(255) }), { maxLength: 8 }),
    end: fc.nat(200),
    times: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ bytes, changes, end, times }) => {
    const copy = Buffer.from(bytes.subarray(0, Math.max(1, end)));
    for (const { at, to } of changes) copy[at % copy.length] = to;
    return Buffer.concat(Array.from({ length: times }, () => copy));
  });

test("any bytes are a message or a reason", () => {
  const bytes = fc.oneof(
    damaged,
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  );
  fc.assert(
    fc.property(bytes, (sent) => {
      const read = readAgentMessage(sent);
      if (!read.ok) expect(read.reason).toMatch(/\w/);
      else expect(JSON.stringify(read.message).length).toBeLessThan(sent.length * 8 + 2000);
    }),
    { numRuns: 2000 },
  );
});
