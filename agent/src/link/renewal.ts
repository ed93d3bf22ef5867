import { hostname } from "node:os";
import type { AgentMessage } from "@bridgeport/proto";
import type { Logger } from "../log.ts";
import {
  type CertificateRequest,
  certificateFault,
  certificateLife,
  parseCertificate,
  requestCertificate,
} from "./certificate.ts";
import { type Identity, saveIdentity } from "./identity.ts";

/** Keeps the agent's identity, and renews its certificate at half its life. */
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

  /** The certificate has ended, so that no control plane will take it. */
  expired(now: number): boolean {
    const life = certificateLife(this.#identity.certificatePem);
    return life === null || life.endsAt <= now;
  }

  /** Asks for a new certificate over `send` if it is time to. An unanswered request is made again. */
  async renewIfDue(now: number, send: (message: AgentMessage) => void): Promise<void> {
    const life = certificateLife(this.#identity.certificatePem);
    if (life !== null && now < life.renewAt) return;
    this.#pending ??= await requestCertificate(hostname());
    send({ kind: "renew", csrPem: this.#pending.csrPem });
  }

  /** Takes the answer: the next session uses it. */
  async accept(certificatePem: string, caPem: string): Promise<void> {
    const pending = this.#pending;
    if (pending === null) return;
    // The stream that brought it is authenticated, so a new authority is the old one's word.
    const authority = caPem === "" ? this.#identity.caPem : caPem;
    const ca = parseCertificate(authority);
    const fault =
      ca === null
        ? "its authority is not a certificate"
        : certificateFault(certificatePem, ca, pending.keyPem);
    if (fault !== null) {
      this.#log.error(`The control plane sent a new certificate that cannot be used: ${fault}`);
      return;
    }
    const renewed = { ...this.#identity, certificatePem, caPem: authority, keyPem: pending.keyPem };
    await saveIdentity(this.#stateDir, renewed);
    this.#identity = renewed;
    this.#pending = null;
    this.#log.info("The agent's certificate was renewed");
  }
}
