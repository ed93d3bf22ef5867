import { createClient } from "@bridgeport/client";

export type { Answer } from "@bridgeport/client";

/** Called for a 401 anywhere but at login. */
let onSignedOut: () => void = () => {};
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** The API as the console calls it: with the browser's cookie, at the address that it came from. */
export const api = createClient({
  url: globalThis.location?.origin ?? "http://localhost",
  onSignedOut: () => onSignedOut(),
});
export const { everyRow } = api;
