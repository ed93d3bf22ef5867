import { createHash } from "node:crypto";

/*
 * What the parts of the control plane tell of what they did, for a collector of OpenTelemetry. None knows
 * the library, which is loaded only where traces are wanted (otlp.ts).
 */

/** The span that another one is below. */
export interface ParentSpan {
  /** 16 hexadecimal digits */
  spanId: string;
  /** whether the service that began the trace wants it kept; null: as the variables say for traces that begin here */
  sampled: boolean | null;
}

/** Something that has ended. Its id is given, so that each process tells the same. */
export interface Span {
  name: string;
  /** 32 hexadecimal digits */
  traceId: string;
  spanId: string;
  /** null: it is the first of its trace */
  parent: ParentSpan | null;
  /** epoch milliseconds */
  startedAt: number;
  endedAt: number;
  attributes: Record<string, string | number | boolean>;
  /** a sentence; null: it went well */
  error: string | null;
}

/** An HTTP request while it is answered. */
export interface RequestSpan {
  /** of the request itself, as the header `traceparent` has it */
  traceParent: string;
  end(answer: { method: string; route: string; status: number; requestId: string }): void;
}

export interface Traces {
  /** @param traceParent the header with which it came */
  request(traceParent: string | undefined): RequestSpan;
  /** Sends it with others, some time later. Never fails. */
  send(span: Span): void;
  /** Sends what waits, for some seconds at most. */
  stop(): Promise<void>;
}

/** Ids that every process makes the same of the same thing. */
export const derivedId = {
  trace: (of: string): string => digestOf("trace", of).slice(0, 32),
  span: (of: string): string => digestOf("span", of).slice(0, 16),
};

function digestOf(what: string, of: string): string {
  return createHash("sha256").update(`${what} ${of}`).digest("hex");
}

/** A span that others may be below, of a trace. */
export interface TraceParent {
  traceId: string;
  spanId: string;
  sampled: boolean;
}

/** As the header `traceparent` has it, of version 00. */
export function writtenParent({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

/** Reads {@link writtenParent}. */
export function readParent(written: string): TraceParent {
  const [, traceId = "", spanId = "", flags = ""] = written.split("-");
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
