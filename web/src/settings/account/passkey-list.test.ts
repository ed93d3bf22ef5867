import { expect, it } from "vitest";
import { PasskeyList } from "./passkey-list.svelte.ts";

const refusal = (unavailable: string | null, supported: boolean) =>
  new PasskeyList(
    () => ({ passkeys: [], unavailable }),
    () => supported,
  ).refusal;

it("can have one more where server and browser can use it", () => {
  expect(refusal(null, true)).toBeNull();
  expect(refusal(null, false)).toBe("This browser cannot use passkeys at this address.");
  expect(refusal("Passkeys need a host name.", false)).toBe("Passkeys need a host name.");
});

it("waits for what there is", () => {
  const unread = new PasskeyList(
    () => undefined,
    () => true,
  );
  expect([unread.rows, unread.refusal]).toEqual([undefined, "Your passkeys are not read yet."]);
});
