import type { EnrollResponse } from "@bridgeport/proto";
import type { Environment } from "@bridgeport/proto/proxies";
import { status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import type { Logger } from "../log.ts";
import { StartRefused } from "../start-refused.ts";
import { persist, TryAgain } from "./attempts.ts";
import { type CertificateRequest, certificateFault, parseAuthorities } from "./certificate.ts";
import { openChannel } from "./channel.ts";
import type { Identity } from "./identity.ts";

const callTimeoutMs = 15_000;

/** A control plane whose authority is the one that the join token pins. */
export interface PinnedEnrolment {
  /** host:port of its agent port */
  address: string;
  /** the pinned authority: TLS goes no further with a control plane of another one */
  caPem: string;
  token: string;
  request: CertificateRequest;
  hostname: string;
  environment: Environment;
  /** how long is tried while it does not answer */
  forMs: number;
  log: Logger;
}

/**
 * Enrols at the agent port, where the token is sent only after TLS has found the pinned authority.
 * @returns null: the control plane has no such call
 * @throws {StartRefused}
 */
export async function enrolOverTls(
  enrolment: PinnedEnrolment,
): Promise<Omit<Identity, "url" | "joinedWith"> | null> {
  const { address, request, forMs, log } = enrolment;
  const answer = await persist(() => attempt(enrolment), {
    place: address,
    giveUp: (reason) =>
      `The control plane's agent port ${address} cannot be reached, or what answers there is not the control plane that made this join token (${reason}): check that it is reachable from here; --agent-addr names another address.`,
    forMs,
    log,
  });
  if (answer === null) return null;
  const { certificatePem, serverId, agentAddr, caPem } = answer;
  const authorities = parseAuthorities(caPem);
  const fault =
    authorities === null
      ? "its authorities are no certificates"
      : certificateFault(certificatePem, authorities, request.keyPem);
  if (fault !== null || serverId === "" || !/:\d+$/.test(agentAddr)) {
    throw new StartRefused(
      `The control plane at ${address} issued a certificate that cannot be used (${fault ?? "its answer is not complete"}).`,
    );
  }
  return {
    serverId,
    agentAddr,
    certificatePem,
    caPem: caPem.join("\n"),
    keyPem: request.keyPem,
  };
}

async function attempt({
  address,
  caPem,
  token,
  request,
  hostname,
  environment,
}: PinnedEnrolment): Promise<EnrollResponse | null> {
  const client = openChannel({ caPem }, address, environment);
  try {
    return await new Promise<EnrollResponse>((resolve, reject) => {
      client.enroll(
        { joinToken: token, csrPem: request.csrPem, hostname },
        { deadline: Date.now() + callTimeoutMs },
        (error, answer) => (answer === undefined ? reject(error) : resolve(answer)),
      );
    });
  } catch (error) {
    const { code, details } = error as ServiceError;
    switch (code) {
      case grpcStatus.UNIMPLEMENTED:
        return null;
      case grpcStatus.UNAUTHENTICATED:
        throw new StartRefused(
          "The control plane does not accept this join token: it was used before, has expired, or is another control plane's. Make a new one on the server's page.",
        );
      case grpcStatus.INVALID_ARGUMENT:
        throw new StartRefused(`The control plane at ${address} refuses to enrol: ${details}`);
      default:
        throw new TryAgain(details || String(error));
    }
  } finally {
    client.close();
  }
}
