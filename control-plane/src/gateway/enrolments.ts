import { readEnrollRequest, type WireEnrollResponse } from "@bridgeport/proto";
import { status as grpcStatus, type ServerReadableStream, type sendUnaryData } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { Problem } from "../problem.ts";
import { addressOf } from "../servers/agent-audit.ts";
import { type EnrolmentParts, enrolAgent, enrolmentSchema } from "../servers/enrol.ts";
import { enrolmentDoor, enrolmentLimits } from "./enrolment-door.ts";

export interface EnrolmentsDeps extends EnrolmentParts {
  log: Logger;
  /** how agents reach the listener, host:port */
  agentAddress: () => string;
  /** something is asked on this connection; @returns that this is over */
  using: (peer: string) => () => void;
  /** what one source may ask; tests give less */
  limits?: typeof enrolmentLimits;
}

/** How long a call may take to say what it wants, and to be answered. */
const patienceMs = 10_000;

type Refused = { code: grpcStatus; details: string };

/** Serves agents that have no certificate yet, each call a stream of one message. */
export function enrolments(deps: EnrolmentsDeps) {
  const enter = enrolmentDoor(deps.limits ?? enrolmentLimits);

  return (
    call: ServerReadableStream<Buffer, WireEnrollResponse>,
    answer: sendUnaryData<WireEnrollResponse>,
  ): void => {
    const address = addressOf(call.getPeer());
    const tooMany = () => {
      const reason = "too many attempts to enrol";
      void deps.turnedAway({ action: "refuse_enrolment", server: null, reason, address });
      return { code: grpcStatus.RESOURCE_EXHAUSTED, details: `${reason}: ask again later` };
    };
    const pass = enter(address, () => finish(tooMany()));
    if (pass === null) {
      answer(tooMany());
      return;
    }
    const unused = deps.using(call.getPeer());
    let over = false;
    /** what was asked is still worked on when its caller has gone */
    let worked: Promise<unknown> = Promise.resolve();
    const finish = (refused: Refused | null, response?: WireEnrollResponse) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      unused();
      void worked.then(() => pass.leave(response !== undefined));
      if (refused === null) answer(null, response);
      else answer(refused);
    };
    const timer = setTimeout(
      () => finish({ code: grpcStatus.DEADLINE_EXCEEDED, details: "no request came" }),
      patienceMs,
    );
    let asked = false;
    call.once("data", (bytes: Buffer) => {
      asked = true;
      if (over) return;
      if (!pass.asked()) {
        finish(tooMany());
        return;
      }
      const answered = answerOf(deps, bytes, address);
      worked = answered.catch(() => undefined);
      answered.then(
        (response) => finish(null, response),
        (error: unknown) => finish(refusalOf(error, deps.log)),
      );
    });
    // After the request, this is how every call goes on.
    call.on("end", () => {
      if (!asked) finish({ code: grpcStatus.INVALID_ARGUMENT, details: "no request came" });
    });
    const gone = () => finish({ code: grpcStatus.CANCELLED, details: "the call was cancelled" });
    call.on("cancelled", gone);
    call.on("error", gone);
  };
}

async function answerOf(
  deps: EnrolmentsDeps,
  bytes: Buffer,
  address: string,
): Promise<WireEnrollResponse> {
  const wire = readEnrollRequest(bytes);
  const request = enrolmentSchema.safeParse({
    token: wire?.joinToken,
    csr: wire?.csrPem,
    // A host may call itself anything.
    hostname: wire?.hostname.replaceAll(/\p{Cc}/gu, ""),
  });
  if (!request.success) {
    throw new Problem("invalid", "validation_failed", "This is no request to enrol an agent.");
  }
  const enrolled = await enrolAgent(deps, { ...request.data, address, byPinned: false });
  return {
    certificatePem: enrolled.certificatePem,
    serverId: enrolled.serverId,
    agentAddr: deps.agentAddress(),
    caPem: deps.authority.trusted.map(({ certificatePem }) => certificatePem),
  };
}

function refusalOf(error: unknown, log: Logger): Refused {
  if (error instanceof Problem) {
    const code =
      error.kind === "unauthenticated" ? grpcStatus.UNAUTHENTICATED : grpcStatus.INVALID_ARGUMENT;
    return { code, details: error.message };
  }
  log.error({ err: error }, "an agent could not be enrolled");
  return { code: grpcStatus.UNAVAILABLE, details: "the control plane could not go on" };
}
