import { hostname } from "node:os";
import type { AgentMessage } from "@bridgeport/proto";
import type { Logger } from "../log.ts";
import {
  type CertificateRequest,
  certificateFault,
  certificateLifetime,
  parseCertificate,
  requestCertificate,
} from "./certificate.ts";
import { type Identity, saveIdentity } from "./identity.ts";

/** Stores the agent's identity, and renews its certificate at half of its lifetime. */
export class IdentityKeeper {
  readonly #stateDir: string;
  readonly #log: Logger;
  #identity: Identity;
  #pending: CertificateRequest | null = null;

  constructor(stateDir: string, identity: Identity, log: Logger) {
    this.#stateDir = stateDir;
    this.#identity = identity;
    this.#log = log;
  }

  get identity(): Identity {
    return this.#identity;
  }

  /** Whether the certificate has expired, so that the control plane does not accept it. */
  expired(now: number): boolean {
    const lifetime = certificateLifetime(this.#identity.certificatePem);
    return lifetime === null || lifetime.expiresAt <= now;
  }

  /**
   * Requests a new certificate over `send` if that is due. A request without an answer is sent again at
   * the next call.
   */
  async renewIfDue(now: number, send: (message: AgentMessage) => void): Promise<void> {
    const lifetime = certificateLifetime(this.#identity.certificatePem);
    if (lifetime !== null && now < lifetime.renewAt) return;
    this.#pending ??= await requestCertificate(hostname());
    send({ kind: "renew", csrPem: this.#pending.csrPem });
  }

  /** Stores the new certificate; the next session uses it. @returns whether that is worth a new session */
  async accept(certificatePem: string, caPem: string): Promise<boolean> {
    const pending = this.#pending;
    if (pending === null) return false;
    // The message came over an authenticated stream, so a new authority can be trusted like the old one.
    const authority = caPem === "" ? this.#identity.caPem : caPem;
    const ca = parseCertificate(authority);
    const fault =
      ca === null
        ? "its authority is not a certificate"
        : certificateFault(certificatePem, ca, pending.keyPem);
    if (fault !== null) {
      this.#log.error(`The control plane sent a new certificate that cannot be used: ${fault}`);
      return false;
    }
    const renewed = { ...this.#identity, certificatePem, caPem: authority, keyPem: pending.keyPem };
    await saveIdentity(this.#stateDir, renewed);
    this.#identity = renewed;
    this.#pending = null;
    this.#log.info("The agent's certificate was renewed");
    // By a wrong clock it may look as old as the last: then every session would end with a new one.
    const lifetime = certificateLifetime(certificatePem);
    return lifetime !== null && Date.now() < lifetime.renewAt;
  }
}
