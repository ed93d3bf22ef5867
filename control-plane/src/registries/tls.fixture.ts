import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { connect } from "node:net";
import { createServer } from "node:tls";
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

/*
 * TLS in front of a local port, with a certificate of its own.
 */

export interface Encrypted {
  port: number;
  /** which has to be trusted */
  certificate: string;
  stop(): Promise<void>;
}

/** @param host the name in the certificate */
export async function encrypt(host: string, port: number): Promise<Encrypted> {
  const { certificate, key } = await certificateOf(host);
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer({ cert: certificate, key }, (secure) => {
    const plain = connect(port, "127.0.0.1");
    sockets.add(secure).add(plain);
    secure.on("error", () => plain.destroy());
    plain.on("error", () => secure.destroy());
    secure.pipe(plain).pipe(secure);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens");
  return {
    port: address.port,
    certificate,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function certificateOf(host: string): Promise<{ certificate: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${host}`,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: host }])],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    certificate: made.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString("base64")}\n-----END PRIVATE KEY-----\n`,
  };
}
