import type { SecureContextOptions } from "node:tls";
import { ServerCredentials } from "@grpc/grpc-js";
import type { Authority } from "../servers/certificate-authority.ts";

/**
 * TLS of the listener for agents, with our own authority. A client without a certificate of ours gets
 * as far as a call: it may enrol, and every other call of it is refused. gRPC tells a call's certificate
 * only where TLS has verified it.
 */
export class ListenerCredentials extends ServerCredentials {
  static async of(authority: Authority): Promise<ListenerCredentials> {
    return new ListenerCredentials(await contextOf(authority));
  }

  private constructor(context: SecureContextOptions) {
    super({ requestCert: true, rejectUnauthorized: false }, context);
  }

  /** Connections from now on see what the authority has become. */
  async follow(authority: Authority): Promise<void> {
    this.updateSecureContextOptions(await contextOf(authority));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

async function contextOf(authority: Authority): Promise<SecureContextOptions> {
  const { certificatePem, privateKeyPem } = await authority.issueForControlPlane();
  return {
    ca: authority.trusted.map((each) => each.certificatePem),
    cert: certificatePem,
    key: privateKeyPem,
  };
}
