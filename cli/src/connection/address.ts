import { Failure } from "../exit.ts";

/**
 * The address of a control plane as somebody wrote it: without a scheme it is https, and http for this
 * machine. What follows the port is left out, so that a console's address can be pasted.
 * @throws {Failure} for what is no address
 */
export function addressOf(text: string): string {
  const given = text.trim();
  const plain = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(given);
  const whole = /^[a-z][a-z+.-]*:\/\//i.test(given)
    ? given
    : `${plain ? "http" : "https"}://${given}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || !url.hostname) {
    throw new Failure(
      `"${given}" is not the address of a control plane; it looks like https://bridgeport.example.com`,
    );
  }
  if (url.username || url.password) {
    throw new Failure(
      "The address of a control plane has no user and password in it; log in instead.",
    );
  }
  return url.origin;
}

/** True where a token would cross a network that others may read. */
export function isInTheClear(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
