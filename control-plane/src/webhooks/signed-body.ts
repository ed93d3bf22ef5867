import type { Context } from "hono";
import { Problem } from "../problem.ts";
import { type Proof, provenBy, toSend } from "./proof.ts";
import { requireRecent } from "./signed-time.ts";

/** What a caller has to prove, and with which secret. */
export interface Lock {
  /** null: not configured */
  secret: string | null;
  /** the environment variable of the secret */
  variable: string;
  proofs: readonly Proof[];
  withoutSecret: "off" | "refused";
}

/**
 * The body as it came, once it is known who sent it.
 * @throws {Problem} 401 for a proof that is missing, wrong or too old; without a secret 403 or 401
 */
export async function signedBody(c: Context, lock: Lock): Promise<Buffer> {
  const { secret, variable, proofs } = lock;
  if (secret === null && lock.withoutSecret === "off") {
    throw new Problem(
      "forbidden",
      "webhook_secret_unset",
      `This webhook is off: set ${variable} where Bridgeport is started.`,
    );
  }
  const body = Buffer.from(await c.req.arrayBuffer());
  const shown = {
    header: (name: string) => c.req.header(name),
    query: new URL(c.req.url).search,
  };
  const proof = secret === null ? null : provenBy(proofs, secret, shown, body);
  if (proof !== null) {
    if (proof.kind === "timed_signature") requireRecent(shown, Date.now());
    return body;
  }
  throw new Problem(
    "unauthenticated",
    "bad_signature",
    `The secret is missing, wrong or not configured. Set ${variable} where Bridgeport is started, and send ${toSend(proofs, variable)}.`,
  );
}
