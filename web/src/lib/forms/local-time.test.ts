import { expect, it } from "vitest";
import { asLocalInput, inDays } from "./local-time.ts";

it("is a local time that a field reads back", () => {
  const now = new Date(2026, 10, 28, 9, 5);
  expect(asLocalInput(now)).toBe("2026-11-28T09:05");
  expect(new Date(asLocalInput(now)).getTime()).toBe(now.getTime());
  expect(asLocalInput(inDays(7, now))).toBe("2026-12-05T09:05");
});
