import { createHmac } from "node:crypto";

/** What an authenticator app shows at this moment for a secret in base32 (RFC 6238 with its defaults). */
export function currentCode(secret: string): string {
  let bits = "";
  for (const sign of secret) {
    const value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign);
    bits += value.toString(2).padStart(5, "0");
  }
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeUInt32BE(Math.floor(Date.now() / 30_000), 4);
  const mac = createHmac("sha1", key).update(counter).digest();
  const cut = mac.readUInt32BE(mac.readUInt8(19) % 16) % 2 ** 31;
  return String(cut % 1_000_000).padStart(6, "0");
}
