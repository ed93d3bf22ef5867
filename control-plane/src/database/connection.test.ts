import { expect, test } from "vitest";
import { reconnectPause } from "./connection.ts";

test("a database that is back after a long outage is found within a second", () => {
  for (const failures of [0, 1, 5, 10, 1000, 1_000_000]) {
    for (let n = 0; n < 20; n++) {
      expect(reconnectPause(failures)).toBeGreaterThan(0);
      expect(reconnectPause(failures)).toBeLessThanOrEqual(1);
    }
  }
});
