import fc from "fast-check";
import { expect, test } from "vitest";
import {
  agentLinkService,
  inventoryParts,
  limits,
  readAgentMessage,
  type WireAgentMessage,
} from "../index.ts";

const encoded = (message: WireAgentMessage): Buffer =>
  agentLinkService.Connect.requestSerialize(message);
const inventory = (count: number, more: object = {}): Buffer => {
  const containers = Array.from({ length: count }, (_, at) => ({ id: `c${at}`, name: `n${at}` }));
  return encoded({ inventory: { sequence: 7, chunk: 2, last: true, containers, ...more } });
};
function read(bytes: Buffer) {
  const answer = readAgentMessage(bytes);
  if (!answer.ok || answer.message?.kind !== "inventory") throw new Error("This is no inventory.");
  return answer.message;
}

test("parts say together what the inventory says", () => {
  fc.assert(
    fc.property(fc.nat({ max: 40 }), fc.integer({ min: 1, max: 12 }), (count, most) => {
      const whole = inventory(count);
      const parts = inventoryParts(whole, most).map(read);
      expect(parts).toHaveLength(Math.max(1, Math.ceil(count / most)));
      expect(parts.flatMap(({ containers }) => containers)).toEqual(read(whole).containers);
      for (const { containers, ...rest } of parts) {
        expect(containers.length).toBeLessThanOrEqual(most);
        expect(rest).toEqual({ kind: "inventory", sequence: 7, chunk: 2, last: true });
      }
    }),
  );
});

test.each([
  ["few containers", inventory(3)],
  ["no containers", inventory(0)],
  ["another message", encoded({ goodbye: { reason: "x" } })],
  ["two inventories, which are one", Buffer.concat([inventory(600), inventory(600)])],
  ["more containers than a message may have", inventory(limits.containersInMessage + 1)],
  ["half an inventory", inventory(600).subarray(0, 700)],
  ["nothing", Buffer.alloc(0)],
])("%s stay as they are", (_what, bytes) => {
  expect(inventoryParts(bytes)).toEqual([bytes]);
});

test("any bytes stay, or become parts that can be read as they can", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      const bytes = Buffer.concat([inventory(3), tail]);
      const parts = inventoryParts(bytes, 1);
      if (parts.length > 1) for (const part of parts) expect(readAgentMessage(part).ok).toBe(true);
      else expect(parts).toEqual([bytes]);
    }),
  );
});
