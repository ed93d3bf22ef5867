import { Problem } from "../problem.ts";
import type { Shown } from "./shown.ts";

/*
 * A sender may sign more than the body: `<delivery>.<timestamp>.<body>`, with the first two in these
 * headers. Whoever has seen such a message cannot send it again later, or as another delivery.
 */
export const deliveryHeader = "X-Webhook-Delivery";
export const timestampHeader = "X-Webhook-Timestamp";

const mostSeconds = 5 * 60;

/** What a signature is of: with a timestamp, of more than the body. */
export function signedBytes(shown: Shown, body: Uint8Array): Uint8Array {
  const timestamp = shown.header(timestampHeader);
  if (timestamp === undefined) return body;
  return Buffer.concat([
    Buffer.from(`${shown.header(deliveryHeader) ?? ""}.${timestamp}.`, "latin1"),
    body,
  ]);
}

/**
 * Looks at a time that was signed; the signature has been found to be right.
 * @throws {Problem} 401 for one that is too far from now, 400 for what is no time or names no delivery
 */
export function requireRecent(shown: Shown, now: number): void {
  const timestamp = shown.header(timestampHeader);
  if (timestamp === undefined) return;
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new Problem(
      "invalid",
      "bad_timestamp",
      `${timestampHeader} must be the seconds since 1970, such as those of \`date +%s\`.`,
    );
  }
  // Without dots, so that a signature fits one reading only.
  if (!/^[\w-]{1,200}$/.test(shown.header(deliveryHeader) ?? "")) {
    throw new Problem(
      "invalid",
      "bad_delivery_id",
      `${deliveryHeader} must be sent with ${timestampHeader}: 1 to 200 letters, digits, _ and -, others for each delivery.`,
    );
  }
  const seconds = Math.abs(now / 1000 - Number(timestamp));
  if (seconds > mostSeconds) {
    throw new Problem(
      "unauthenticated",
      "stale_timestamp",
      `${timestampHeader} is ${Math.round(seconds)} s from the time here, and at most ${mostSeconds} s are accepted: send it at once, and check the clocks of both machines.`,
    );
  }
}
