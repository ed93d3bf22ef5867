import { createHash } from "node:crypto";
import { z } from "zod";
import type { IncomingDelivery } from "./incoming-deliveries.store.ts";

/** How a sender names a delivery; null: it does not. */
export type ReadDeliveryId = (
  header: (name: string) => string | undefined,
  body: unknown,
) => string | null;

/** The id is in the first of these headers that is sent. */
export function inHeader(...names: string[]): ReadDeliveryId {
  return (header) => names.map((name) => header(name)?.trim()).find((id) => id) ?? null;
}

const idSchema = z.object({ id: z.string().min(1) });

/**
 * The id is a field of the body, which is the same as a whole when it is sent again: what a script
 * sends with an id that it never changes is still told apart by the rest.
 */
export function inBody(_header: unknown, body: unknown): string | null {
  return idSchema.safeParse(body).success ? JSON.stringify(body) : null;
}

const eventsSchema = z.object({ events: z.array(idSchema).min(1) });

/** Each event of a registry's envelope has an id; one envelope is sent until it is taken. */
export function ofEvents(_header: unknown, body: unknown): string | null {
  return eventsSchema.safeParse(body).success ? JSON.stringify(body) : null;
}

/** The first of several that finds an id. */
export function firstOf(...ways: ReadDeliveryId[]): ReadDeliveryId {
  return (header, body) => {
    for (const way of ways) {
      const id = way(header, body);
      if (id !== null) return id;
    }
    return null;
  };
}

/**
 * A delivery as it is remembered: by hashes, as what a sender sends may be of any length.
 * @param request what two deliveries of one id have in common
 */
export function deliveryOf(
  secretName: string,
  id: string | null,
  ...request: (string | Uint8Array)[]
): IncomingDelivery | null {
  if (id === null) return null;
  return { secretName, idHash: hashOf(id), requestHash: hashOf(...request) };
}

function hashOf(...parts: (string | Uint8Array)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
