import { hostname } from "node:os";
import type { AgentMessage } from "@bridgeport/proto";
import type { Logger } from "../log.ts";
import {
  type CertificateRequest,
  certificateFault,
  certificateLifetime,
  parseAuthorities,
  parseCertificate,
  requestCertificate,
  splitPem,
} from "./certificate.ts";
import { type Identity, saveIdentity } from "./identity.ts";

/**
 * Stores the agent's identity, and renews its certificate at half of its lifetime, or at once where the
 * authority was replaced. Each change is one file that takes the place of the one before: an agent that
 * is killed goes on with either.
 *
 *   trusts the old authority ──trust──> trusts both ──accept──> has a certificate of the new one
 *     ──trust──> trusts the new one only
 */
export class IdentityKeeper {
  readonly #stateDir: string;
  readonly #log: Logger;
  #identity: Identity;
  /** one request at a time, as only the answer to its own key can be used */
  #pending: Promise<CertificateRequest> | null = null;
  /** one change is stored after the other */
  #stored: Promise<unknown> = Promise.resolve();

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
    if (lifetime !== null && now < lifetime.renewAt && this.#isOfFirstAuthority()) return;
    this.#pending ??= this.#newRequest();
    const { csrPem } = await this.#pending;
    send({ kind: "renew", csrPem });
  }

  #newRequest(): Promise<CertificateRequest> {
    const request = requestCertificate(hostname());
    request.catch(() => {
      this.#pending = null;
    });
    return request;
  }

  /**
   * Trusts these authorities from now on in place of those before; the first one issues certificates. They
   * came over an authenticated stream, so they can be trusted like those.
   */
  trust(caPems: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      if (parseAuthorities(caPems) === null) {
        this.#log.error("The control plane named certificate authorities that cannot be read");
        return;
      }
      const caPem = caPems.join("\n");
      if (caPem === this.#identity.caPem) return;
      const changed = { ...this.#identity, caPem };
      await saveIdentity(this.#stateDir, changed);
      this.#identity = changed;
      this.#log.info("The certificate authorities to trust have changed", {
        trusted: caPems.length,
      });
    });
  }

  /** Stores the new certificate; the next session uses it. @returns whether that is worth a new session */
  accept(certificatePem: string, caPem: string): Promise<boolean> {
    return this.#inTurn(() => this.#accept(certificatePem, caPem));
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const stored = this.#stored.then(change);
    this.#stored = stored.catch(() => {});
    return stored;
  }

  #isOfFirstAuthority(): boolean {
    const [first = ""] = splitPem(this.#identity.caPem);
    const authority = parseCertificate(first);
    const own = parseCertificate(this.#identity.certificatePem);
    return authority === null || own === null || own.verify(authority.publicKey);
  }

  async #accept(certificatePem: string, caPem: string): Promise<boolean> {
    const pending = await this.#pending;
    if (pending === null) return false;
    const authority = caPem === "" ? this.#identity.caPem : caPem;
    const authorities = parseAuthorities(splitPem(authority));
    const fault =
      authorities === null
        ? "its authority is not a certificate"
        : certificateFault(certificatePem, authorities, pending.keyPem);
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
