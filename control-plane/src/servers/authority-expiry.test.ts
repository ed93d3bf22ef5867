import { expect, test } from "vitest";
import { authorityExpiryWarning } from "./authority-expiry.ts";

const day = 86_400_000;

test("that the authority expires is said a year ahead, and once a day", () => {
  const said: number[] = [];
  let now = 0;
  const expiresAt = new Date(1000 * day);
  const warn = authorityExpiryWarning({ trusted: [{ expiresAt } as never] }, {
    warn: () => said.push(now / day),
  } as never);
  for (const days of [0, 634, 635, 635.1, 636, 636.1, 999, 1001]) {
    now = days * day + 1;
    warn(now);
  }
  expect(said.map(Math.floor)).toEqual([635, 636, 999, 1001]);
});
