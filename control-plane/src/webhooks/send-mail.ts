import type { Allows } from "../reach.ts";
import { addressOf, keptCharacters, type Outcome } from "./attempt.ts";
import type { Payload } from "./events.ts";
import { mailMessage, type Target } from "./message.ts";
import { mailTarget } from "./target.ts";

/** Sends an event by e-mail. */
export async function sendMail(
  target: Target,
  payload: Payload,
  timeoutMs: number,
  allows: Allows,
): Promise<Outcome> {
  const mail = mailTarget(target.url);
  if (typeof mail === "string") throw new Error(`a stored e-mail target ${mail}`);
  const address = await addressOf(mail.host, allows);
  if (typeof address === "object") {
    return { ok: false, status: null, body: null, error: address.problem };
  }
  // Loaded when the first mail is sent: most installations send none.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    host: address,
    // What was checked is connected to; the certificate is the name's.
    ...(address === mail.host ? {} : { tls: { servername: mail.host } }),
    port: mail.port,
    secure: mail.secure,
    // A password goes over an encrypted connection or not at all.
    ...(mail.user === null
      ? {}
      : { auth: { user: mail.user, pass: target.secret ?? "" }, requireTLS: true }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const sent = await transport.sendMail({
      from: mail.from,
      to: mail.to,
      ...mailMessage(payload),
    });
    return { ok: true, status: null, body: sent.response.slice(0, keptCharacters), error: null };
  } catch (error) {
    const { response, message } = error as { response?: string; message: string };
    return {
      ok: false,
      status: null,
      body: response?.slice(0, keptCharacters) ?? null,
      error: `The mail server did not take it: ${message}`,
    };
  } finally {
    transport.close();
  }
}
